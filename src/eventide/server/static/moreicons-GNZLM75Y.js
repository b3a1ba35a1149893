import"./chunk-XRGQH74A.js";import"./chunk-PE3LQNBH.js";
