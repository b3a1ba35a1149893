import{B as a,E as s,H as e,J as m,R as o,f as p,hb as t,ib as b,l as n,ob as c,ya as d}from"./chunk-7C222MSF.js";m(),o(),n(()=>e.peek()),t(),d(),a(),c(p(b,{}),document.getElementById("app")),s();
