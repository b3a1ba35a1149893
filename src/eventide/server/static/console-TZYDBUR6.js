import{a as o,b as s,c as n}from"./chunk-5KL45O65.js";import"./chunk-NYDPMBAB.js";import"./chunk-RLCFEKBG.js";import"./chunk-4SL34L44.js";export{n as Console,s as Line,o as useConsole};
