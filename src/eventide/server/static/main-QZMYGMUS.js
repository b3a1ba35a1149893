import{Y as a,f as s,o as t,p as e,ra as m,sa as o,t as p,ua as n,x as r}from"./chunk-QPRRWJYL.js";p(),r(),m(),a(),t(),n(s(o,{}),document.getElementById("app")),e();
