import{a as o,b as s,c as n}from"./chunk-3WD2ARZQ.js";import"./chunk-NYDPMBAB.js";import"./chunk-NQZX52VI.js";import"./chunk-ZTEEIGNK.js";export{n as Console,s as Line,o as useConsole};
