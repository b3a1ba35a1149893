import{a as s,b as t,c as a,d as r,e}from"./chunk-UFP7ZIL7.js";import"./chunk-PYMZRXT2.js";export{s as Facets,a as hasTerm,t as termOf,e as withTerm,r as withoutField};
