import"./chunk-I2KCMU4Y.js";import"./chunk-W3CYLJSI.js";
