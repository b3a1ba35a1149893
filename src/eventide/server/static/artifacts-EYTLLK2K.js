import{a as r,b as t}from"./chunk-5QQLF46F.js";import"./chunk-CFMLR6QS.js";import"./chunk-7FPJVQDZ.js";export{t as Page,r as artifactHref};
