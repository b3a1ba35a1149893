import"./chunk-QHGNHUQ3.js";import"./chunk-FZFED5HJ.js";
