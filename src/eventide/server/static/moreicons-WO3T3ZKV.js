import"./chunk-ZSNJY6ZA.js";import"./chunk-ZVTJC2UM.js";
