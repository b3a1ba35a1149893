import{w as a}from"./chunk-PYMZRXT2.js";var r=r=>a.value[r.project]?.find(a=>a!==r.id);export{r as a};
