import{a as o,b as p}from"./chunk-65FOFREC.js";import"./chunk-HE7LV5LS.js";export{p as Popup,o as beside};
