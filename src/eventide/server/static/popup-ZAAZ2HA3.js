import{a as o,b as p}from"./chunk-DNL3BYEQ.js";import"./chunk-EBS6EYEX.js";export{p as Popup,o as beside};
