import{a as o,b as p}from"./chunk-ME5EGX6P.js";import"./chunk-QPRRWJYL.js";export{p as Popup,o as beside};
