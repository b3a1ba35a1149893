import{a as s,b as t,c as a,d as r,e}from"./chunk-DLYA6XKD.js";import"./chunk-4SL34L44.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
