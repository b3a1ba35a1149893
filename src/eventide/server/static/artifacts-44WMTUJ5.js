import{a as r,b as t}from"./chunk-DGZT7RAM.js";import"./chunk-7QEMA55B.js";import"./chunk-PZBMVWSR.js";export{t as Page,r as artifactHref};
