import"./chunk-RX46IRO3.js";import"./chunk-HE7LV5LS.js";
