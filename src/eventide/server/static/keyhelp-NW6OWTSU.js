import{a as o,b as p}from"./chunk-5KIJKA7J.js";import"./chunk-VIBP7G2E.js";import"./chunk-WIRL3BYK.js";import"./chunk-7FPJVQDZ.js";export{o as KeyHelp,p as KeyTable};
