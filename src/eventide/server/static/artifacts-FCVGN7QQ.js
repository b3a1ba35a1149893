import{a as r,b as t}from"./chunk-BOSNOHIT.js";import"./chunk-RLCFEKBG.js";import"./chunk-4SL34L44.js";export{t as Page,r as artifactHref};
