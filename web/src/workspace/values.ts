// Fills the columns that need points (the mean of the last rows, the value at a step) for the runs in view: one question for all of
// them, asked again for the runs that have logged since. Loaded with the first such column.
import { useEffect } from "preact/hooks";
import { send } from "../core/api.ts";
import type { Run, ValuesAnswer } from "../core/types.ts";
import { sayFailed } from "../ui/toast.tsx";
import { pointValues, type PointValues } from "./columns.ts";

const REST_MS = 60;
const MOST = 500;
const MOST_FIELDS = 32;

export interface ValuesProps {
  /** In view. */
  runs: readonly Run[];
  fields: readonly string[];
}

/** Draws nothing: asks for what the runs in view say in columns that need points. */
export function Values({ runs, fields }: ValuesProps): null {
  useEffect(() => {
    if (runs.length) fill(runs, fields);
  }, [fields.join(), runs.map((run) => run.id + run.rows).join()]);
  return null;
}

let wanted: { runs: readonly Run[]; fields: readonly string[] } | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let busy = false;

/** Return the runs of which a field is not known, or only as it was before they logged more. */
export function missing(runs: readonly Run[], fields: readonly string[], known: ReadonlyMap<string, PointValues>): Run[] {
  return runs.filter((run) => {
    const old = known.get(run.id);
    return !old || old.rows !== run.rows || fields.some((field) => !(field in old.values));
  });
}

/** Ask for what the runs in view lack; while an answer is under way, for the last ones named after it. */
function fill(runs: readonly Run[], fields: readonly string[]): void {
  wanted = { runs, fields: fields.slice(0, MOST_FIELDS) };
  clearTimeout(timer);
  if (!busy) timer = setTimeout(() => void ask(), REST_MS);
}

async function ask(): Promise<void> {
  const now = wanted;
  wanted = null;
  if (!now) return;
  const runs = missing(now.runs, now.fields, pointValues.peek()).slice(0, MOST);
  if (!runs.length) return;
  busy = true;
  let values: ValuesAnswer["values"] = {};
  try {
    values = (await send<ValuesAnswer>("POST", "/api/runs/values", { run_ids: runs.map((run) => run.id), fields: now.fields })).values;
  } catch (error) {
    sayFailed(error);
  }
  const next = new Map(pointValues.peek());
  for (const run of runs) next.set(run.id, { rows: run.rows, values: { ...next.get(run.id)?.values, ...Object.fromEntries(now.fields.map((field) => [field, values[run.id]?.[field] ?? null])) } });
  pointValues.value = next;
  busy = false;
  if (wanted) void ask();
}
