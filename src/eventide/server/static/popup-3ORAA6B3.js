import{a as o,b as p}from"./chunk-Z7ZFE76P.js";import"./chunk-7FPJVQDZ.js";export{p as Popup,o as beside};
