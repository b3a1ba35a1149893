import{a as o,b as p}from"./chunk-NQFNSGKU.js";import"./chunk-QAWJPE33.js";export{p as Popup,o as beside};
