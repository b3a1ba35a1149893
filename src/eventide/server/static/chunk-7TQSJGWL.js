import{w as a}from"./chunk-4SL34L44.js";var r=r=>a.value[r.project]?.find(a=>a!==r.id);export{r as a};
