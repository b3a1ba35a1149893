import{B as a,E as s,H as e,J as E,R as m,f as o,hb as p,ib as t,l as b,ob as n,ya as B}from"./chunk-EBS6EYEX.js";E(),m(),b(()=>e.peek()),p(),B(),a(),n(o(t,{}),document.getElementById("app")),s();
