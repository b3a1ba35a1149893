import{a as o,b as s,c as n}from"./chunk-4VAPSPWZ.js";import"./chunk-NYDPMBAB.js";import"./chunk-JXZOY5OI.js";import"./chunk-FZFED5HJ.js";export{n as Console,s as Line,o as useConsole};
