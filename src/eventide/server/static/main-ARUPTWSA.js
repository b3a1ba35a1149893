import{E as a,Ea as s,H as e,K as p,M as m,U as n,f as t,n as E,pb as b,qb as o,wb as c}from"./chunk-QAWJPE33.js";m(),n(),E(()=>p.peek()),b(),s(),a(),c(t(o,{}),document.getElementById("app")),e();
