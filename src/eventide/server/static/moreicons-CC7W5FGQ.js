import"./chunk-3YC6D5MV.js";import"./chunk-7C222MSF.js";
