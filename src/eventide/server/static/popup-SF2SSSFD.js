import{a as o,b as p}from"./chunk-VNETBEOR.js";import"./chunk-FZFED5HJ.js";export{p as Popup,o as beside};
