import{a as o,b as s,c as n}from"./chunk-H7FV4HTN.js";import"./chunk-NYDPMBAB.js";import"./chunk-BNEU4QHE.js";import"./chunk-7C222MSF.js";export{n as Console,s as Line,o as useConsole};
