import{a as o,b as s,c as n}from"./chunk-3FTWCMRI.js";import"./chunk-NYDPMBAB.js";import"./chunk-MBTB4VDC.js";import"./chunk-LQUG6HNS.js";export{n as Console,s as Line,o as useConsole};
