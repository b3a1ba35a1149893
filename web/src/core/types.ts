// What the server answers, by the names the page uses. schema.d.ts is made from web/openapi.json (`npm run types`).
export type * from "./schema.d.ts";
import type { Run, SeriesRequest as FullSeriesRequest } from "./schema.d.ts";

export type Direction = "max" | "min";
export type Status = Run["status"];
/** JSON has no NaN: the server writes non-finite numbers as these words. */
export type Num = number | "NaN" | "Infinity" | "-Infinity";
export type Value = unknown;
/** A question for curves; what is left out is the server's default. */
export type SeriesRequest = Partial<FullSeriesRequest> & Pick<FullSeriesRequest, "keys" | "width">;
