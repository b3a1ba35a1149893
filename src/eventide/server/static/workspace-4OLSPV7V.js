import{h as e}from"./chunk-L75JUY4W.js";function p({params:o}){return e("div",{class:"page",children:e("h1",{children:o.project})})}export{p as Page};
