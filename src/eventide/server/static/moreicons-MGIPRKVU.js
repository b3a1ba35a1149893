import"./chunk-PAXZ3NXL.js";import"./chunk-7FPJVQDZ.js";
