import{a as s,b as t,c as a,d as r,e}from"./chunk-FDMFYDA5.js";import"./chunk-LQUG6HNS.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
