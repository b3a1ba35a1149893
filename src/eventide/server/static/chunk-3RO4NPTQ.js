var a={last:"Last",best:"Best",min:"Minimum",max:"Maximum",mean:"Mean of all",first:"First",std:"Standard deviation",count:"Count"},t=Object.keys(a);export{a,t as b};
