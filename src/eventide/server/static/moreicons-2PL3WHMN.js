import"./chunk-WUOQY4OK.js";import"./chunk-EBS6EYEX.js";
