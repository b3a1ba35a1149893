// The numbers of a metric that a column may show without its points, as menus call them.
import type { Known } from "./columns.ts";

export const STAT_TEXTS: Record<Known, string> = { last: "Last", best: "Best", min: "Minimum", max: "Maximum", mean: "Mean of all", first: "First", std: "Standard deviation", count: "Count" };
export const STATS = Object.keys(STAT_TEXTS) as Known[];
