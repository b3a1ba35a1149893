import{a as o,b as p}from"./chunk-AVKOCGTL.js";import"./chunk-PE3LQNBH.js";export{p as Popup,o as beside};
