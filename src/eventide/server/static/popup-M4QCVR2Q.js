import{a as o,b as p}from"./chunk-KVPCGHHA.js";import"./chunk-4SL34L44.js";export{p as Popup,o as beside};
