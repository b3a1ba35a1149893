import"./chunk-JC4PBMAI.js";import"./chunk-4SL34L44.js";
