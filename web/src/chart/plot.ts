// The only module that knows uPlot.
export { default as uPlot } from "uplot";
