import{a as o,b as p}from"./chunk-6KRWOX7O.js";import"./chunk-ZTEEIGNK.js";export{p as Popup,o as beside};
