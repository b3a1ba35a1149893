import{a as o,b as p}from"./chunk-L42LQTG6.js";import"./chunk-PZBMVWSR.js";export{p as Popup,o as beside};
