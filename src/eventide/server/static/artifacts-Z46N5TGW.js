import{a as r,b as t}from"./chunk-CFLYW4WC.js";import"./chunk-MBTB4VDC.js";import"./chunk-LQUG6HNS.js";export{t as Page,r as artifactHref};
