import{a as o,b as p}from"./chunk-TRKD6T2P.js";import"./chunk-VIBP7G2E.js";import"./chunk-T53OSU4G.js";import"./chunk-KWMJHONC.js";export{o as KeyHelp,p as KeyTable};
