import{a as s,b as t,c as a,d as r,e}from"./chunk-O4E7QORS.js";import"./chunk-W3CYLJSI.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
