import{a as s,b as t,c as a,d as r,e}from"./chunk-FAVPO53J.js";import"./chunk-QAWJPE33.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
