import"./chunk-ZRHC5QHK.js";import"./chunk-PYMZRXT2.js";
