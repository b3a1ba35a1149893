import"./chunk-NSN4M6OL.js";import"./chunk-ZTEEIGNK.js";
