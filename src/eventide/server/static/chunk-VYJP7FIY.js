import{w as a}from"./chunk-7FPJVQDZ.js";var r=r=>a.value[r.project]?.find(a=>a!==r.id);export{r as a};
