import{a as o,b as p}from"./chunk-44YXB5KJ.js";import"./chunk-VIBP7G2E.js";import"./chunk-LZ5HHWPK.js";import"./chunk-PYMZRXT2.js";export{o as KeyHelp,p as KeyTable};
