import{a as o,b as p}from"./chunk-XLYJXBSL.js";import"./chunk-VIBP7G2E.js";import"./chunk-4CSCGLIN.js";import"./chunk-EBS6EYEX.js";export{o as KeyHelp,p as KeyTable};
