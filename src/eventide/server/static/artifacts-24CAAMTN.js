import{a as r,b as t}from"./chunk-7ZRW2GNZ.js";import"./chunk-BNEU4QHE.js";import"./chunk-7C222MSF.js";export{t as Page,r as artifactHref};
