import{a as r,b as t}from"./chunk-SVEPTSSE.js";import"./chunk-ZVREVUEI.js";import"./chunk-KWMJHONC.js";export{t as Page,r as artifactHref};
