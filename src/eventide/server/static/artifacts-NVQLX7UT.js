import{a as r,b as t}from"./chunk-NGLV7JDO.js";import"./chunk-JXZOY5OI.js";import"./chunk-FZFED5HJ.js";export{t as Page,r as artifactHref};
