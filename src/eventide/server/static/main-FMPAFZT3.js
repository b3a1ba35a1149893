import{E as a,Ea as s,H as e,K as p,M as E,U as m,f as n,n as t,pb as b,qb as o,wb as c}from"./chunk-ZTEEIGNK.js";E(),m(),t(()=>p.peek()),b(),s(),a(),c(n(o,{}),document.getElementById("app")),e();
