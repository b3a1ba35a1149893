import{a as o,b as s,c as n}from"./chunk-R46CZ24T.js";import"./chunk-NYDPMBAB.js";import"./chunk-7QEMA55B.js";import"./chunk-PZBMVWSR.js";export{n as Console,s as Line,o as useConsole};
