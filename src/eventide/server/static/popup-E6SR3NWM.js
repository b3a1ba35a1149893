import{a as o,b as p}from"./chunk-POOGKRQF.js";import"./chunk-KWMJHONC.js";export{p as Popup,o as beside};
