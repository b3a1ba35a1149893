import{a as o,b as p}from"./chunk-JB63H4BP.js";import"./chunk-ZVTJC2UM.js";export{p as Popup,o as beside};
