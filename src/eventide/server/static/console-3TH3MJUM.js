import{a as o,b as s,c as n}from"./chunk-XLL44A34.js";import"./chunk-NYDPMBAB.js";import"./chunk-R2WKKLPU.js";import"./chunk-PE3LQNBH.js";export{n as Console,s as Line,o as useConsole};
