import"./chunk-TQEJYTXJ.js";import"./chunk-LQUG6HNS.js";
