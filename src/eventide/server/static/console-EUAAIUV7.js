import{a as o,b as s,c as n}from"./chunk-7D6AD42L.js";import"./chunk-NYDPMBAB.js";import"./chunk-5TKY7RCY.js";import"./chunk-QAWJPE33.js";export{n as Console,s as Line,o as useConsole};
