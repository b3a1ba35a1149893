import{a as o,b as p}from"./chunk-WJSUNJBE.js";import"./chunk-VIBP7G2E.js";import"./chunk-KHXP2EXC.js";import"./chunk-PZBMVWSR.js";export{o as KeyHelp,p as KeyTable};
