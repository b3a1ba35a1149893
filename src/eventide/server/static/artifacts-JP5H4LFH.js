import{a as r,b as t}from"./chunk-WJFB7BVJ.js";import"./chunk-5TKY7RCY.js";import"./chunk-QAWJPE33.js";export{t as Page,r as artifactHref};
