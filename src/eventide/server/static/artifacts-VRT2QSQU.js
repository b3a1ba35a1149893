import{a as r,b as t}from"./chunk-YLIJVFDR.js";import"./chunk-NQZX52VI.js";import"./chunk-ZTEEIGNK.js";export{t as Page,r as artifactHref};
