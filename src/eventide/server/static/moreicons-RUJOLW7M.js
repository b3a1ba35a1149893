import"./chunk-ETL62G7M.js";import"./chunk-QPRRWJYL.js";
