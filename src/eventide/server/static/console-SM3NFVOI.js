import{a as o,b as s,c as n}from"./chunk-NNIMFC47.js";import"./chunk-NYDPMBAB.js";import"./chunk-QNPBCGAM.js";import"./chunk-ZVTJC2UM.js";export{n as Console,s as Line,o as useConsole};
