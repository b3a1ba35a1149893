import{a as o,b as s,c as n}from"./chunk-ZAT7YCSG.js";import"./chunk-NYDPMBAB.js";import"./chunk-NJX4WX2I.js";import"./chunk-W3CYLJSI.js";export{n as Console,s as Line,o as useConsole};
