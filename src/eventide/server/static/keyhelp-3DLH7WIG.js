import{a as o,b as p}from"./chunk-VWGYILTD.js";import"./chunk-VIBP7G2E.js";import"./chunk-QGUI7YDD.js";import"./chunk-7C222MSF.js";export{o as KeyHelp,p as KeyTable};
