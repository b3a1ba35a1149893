import{w as a}from"./chunk-W3CYLJSI.js";var r=r=>a.value[r.project]?.find(a=>a!==r.id);export{r as a};
