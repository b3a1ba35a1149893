import{a as o,b as s,c as n}from"./chunk-X4O37KA4.js";import"./chunk-NYDPMBAB.js";import"./chunk-ZHIDFUXB.js";import"./chunk-PYMZRXT2.js";export{n as Console,s as Line,o as useConsole};
