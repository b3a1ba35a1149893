import{B as a,E as s,H as e,J as m,R as o,f as p,hb as t,ib as b,l as n,ob as B,ya as c}from"./chunk-PZBMVWSR.js";m(),o(),n(()=>e.peek()),t(),c(),a(),B(p(b,{}),document.getElementById("app")),s();
