import{a as o,b as p}from"./chunk-MGZUBRUW.js";import"./chunk-VIBP7G2E.js";import"./chunk-MSFJ655F.js";import"./chunk-ZTEEIGNK.js";export{o as KeyHelp,p as KeyTable};
