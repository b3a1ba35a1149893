import"./chunk-GU24RMOW.js";import"./chunk-PZBMVWSR.js";
