import{a as r,b as t}from"./chunk-PIQ2AEN5.js";import"./chunk-QNPBCGAM.js";import"./chunk-ZVTJC2UM.js";export{t as Page,r as artifactHref};
