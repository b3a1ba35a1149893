import{a as o,b as p}from"./chunk-7RYKDII6.js";import"./chunk-W3CYLJSI.js";export{p as Popup,o as beside};
