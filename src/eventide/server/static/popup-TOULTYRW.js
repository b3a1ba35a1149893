import{a as o,b as p}from"./chunk-AMEYO3H7.js";import"./chunk-7C222MSF.js";export{p as Popup,o as beside};
