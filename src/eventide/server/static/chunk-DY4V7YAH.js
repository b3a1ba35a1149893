import{w as a}from"./chunk-LQUG6HNS.js";var r=r=>a.value[r.project]?.find(a=>a!==r.id);export{r as a};
