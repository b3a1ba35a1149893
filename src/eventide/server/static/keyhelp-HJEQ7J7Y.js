import{a as o,b as p}from"./chunk-65HEID3M.js";import"./chunk-VIBP7G2E.js";import"./chunk-27WSOYBF.js";import"./chunk-W3CYLJSI.js";export{o as KeyHelp,p as KeyTable};
