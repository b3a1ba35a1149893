import{a as o,b as p}from"./chunk-FUKV2IUU.js";import"./chunk-LQUG6HNS.js";export{p as Popup,o as beside};
