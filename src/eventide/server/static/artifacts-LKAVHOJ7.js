import{a as r,b as t}from"./chunk-6I7IOXTR.js";import"./chunk-ZHIDFUXB.js";import"./chunk-PYMZRXT2.js";export{t as Page,r as artifactHref};
