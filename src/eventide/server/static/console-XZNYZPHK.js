import{a as o,b as s,c as n}from"./chunk-UYWAOE77.js";import"./chunk-NYDPMBAB.js";import"./chunk-ZVREVUEI.js";import"./chunk-KWMJHONC.js";export{n as Console,s as Line,o as useConsole};
