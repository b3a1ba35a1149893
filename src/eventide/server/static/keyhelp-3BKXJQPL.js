import{a as o,b as p}from"./chunk-IMO7LYF3.js";import"./chunk-VIBP7G2E.js";import"./chunk-4J4CXZDX.js";import"./chunk-ZVTJC2UM.js";export{o as KeyHelp,p as KeyTable};
