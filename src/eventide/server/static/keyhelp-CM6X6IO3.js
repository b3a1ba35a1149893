import{a as o,b as p}from"./chunk-XYPTNPSU.js";import"./chunk-VIBP7G2E.js";import"./chunk-W7LD6ZY3.js";import"./chunk-QAWJPE33.js";export{o as KeyHelp,p as KeyTable};
