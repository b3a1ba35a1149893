import{a as o,b as s,c as n}from"./chunk-BVYBALGO.js";import"./chunk-NYDPMBAB.js";import"./chunk-CFMLR6QS.js";import"./chunk-7FPJVQDZ.js";export{n as Console,s as Line,o as useConsole};
