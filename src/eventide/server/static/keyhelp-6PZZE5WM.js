import{a as o,b as p}from"./chunk-NIGPWFOI.js";import"./chunk-VIBP7G2E.js";import"./chunk-5A7DEB4S.js";import"./chunk-4SL34L44.js";export{o as KeyHelp,p as KeyTable};
