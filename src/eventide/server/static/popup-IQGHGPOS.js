import{a as o,b as p}from"./chunk-JE2W5ZFW.js";import"./chunk-PYMZRXT2.js";export{p as Popup,o as beside};
