import"./chunk-7FLXSEFI.js";import"./chunk-QAWJPE33.js";
