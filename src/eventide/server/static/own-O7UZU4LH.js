import{a as e,b as a,c as s,d as r,e as t,f as n}from"./chunk-W23ZD7AB.js";import"./chunk-4SL34L44.js";export{r as decorated,s as keyOf,e as ownOf,t as paint,n as referenceText,a as withOwn};
