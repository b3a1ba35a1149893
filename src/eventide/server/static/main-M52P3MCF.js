import{E as a,Ea as s,H as e,K as p,M as m,U as n,f as t,n as b,pb as o,qb as E,wb as c}from"./chunk-PYMZRXT2.js";m(),n(),b(()=>p.peek()),o(),s(),a(),c(t(E,{}),document.getElementById("app")),e();
