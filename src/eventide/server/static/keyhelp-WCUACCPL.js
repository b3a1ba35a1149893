import{a as o,b as p}from"./chunk-3MSVN7IH.js";import"./chunk-VIBP7G2E.js";import"./chunk-RID6AZ73.js";import"./chunk-PE3LQNBH.js";export{o as KeyHelp,p as KeyTable};
