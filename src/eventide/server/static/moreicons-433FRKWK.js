import"./chunk-KU7JY3SS.js";import"./chunk-KWMJHONC.js";
