import{a as o,b as p}from"./chunk-2QGSNXN6.js";import"./chunk-VIBP7G2E.js";import"./chunk-63B2PJKJ.js";import"./chunk-LQUG6HNS.js";export{o as KeyHelp,p as KeyTable};
