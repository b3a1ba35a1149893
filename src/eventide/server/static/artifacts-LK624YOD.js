import{a as r,b as t}from"./chunk-2OTKH7IJ.js";import"./chunk-2SWNLWQU.js";import"./chunk-EBS6EYEX.js";export{t as Page,r as artifactHref};
