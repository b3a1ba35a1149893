import{a as s,b as t,c as a,d as r,e}from"./chunk-IHFMT6JH.js";import"./chunk-7FPJVQDZ.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
