import{Da as a,E as s,H as e,K as p,M as m,U as n,f as o,n as t,ob as b,pb as c,vb as d}from"./chunk-4SL34L44.js";m(),n(),t(()=>p.peek()),b(),a(),s(),d(o(c,{}),document.getElementById("app")),e();
