import{a as r,b as t}from"./chunk-H4C3ET6W.js";import"./chunk-R2WKKLPU.js";import"./chunk-PE3LQNBH.js";export{t as Page,r as artifactHref};
