import{a as r,b as t}from"./chunk-DQ2TI6HT.js";import"./chunk-NJX4WX2I.js";import"./chunk-W3CYLJSI.js";export{t as Page,r as artifactHref};
