import{a as o,b as s,c as n}from"./chunk-D6BA3VXZ.js";import"./chunk-NYDPMBAB.js";import"./chunk-2SWNLWQU.js";import"./chunk-EBS6EYEX.js";export{n as Console,s as Line,o as useConsole};
