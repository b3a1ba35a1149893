import{a as o,b as p}from"./chunk-AIVXQWPJ.js";import"./chunk-VIBP7G2E.js";import"./chunk-A7GCCJIV.js";import"./chunk-FZFED5HJ.js";export{o as KeyHelp,p as KeyTable};
