// What the server answers, as the page uses it. The field names are those of the HTTP interface (web/openapi.json).
export type Direction = "max" | "min";
export type Status = "running" | "finished" | "failed" | "killed" | "crashed";
/** JSON has no NaN: the server writes non-finite numbers as these words. */
export type Num = number | "NaN" | "Infinity" | "-Infinity";
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export interface Goal {
  key: string;
  direction: Direction;
}

export interface Metric {
  count: number;
  nonfinite: number;
  first: Num | null;
  last: Num | string | null;
  last_step: number;
  min: Num | null;
  min_step: number | null;
  max: Num | null;
  max_step: number | null;
  mean: Num | null;
  std: Num | null;
  best: Num | null;
  best_step: number | null;
  goal: Direction;
  first_nonfinite_step: number | null;
}

export interface Run {
  id: string;
  project: string;
  name: string;
  status: Status;
  started: number;
  ended: number | null;
  updated: number;
  duration_s: number;
  group: string;
  host: string;
  user: string;
  tags: string[];
  notes: string;
  reason: string;
  rows: number;
  attempts: number;
  world_size: number;
  archived: boolean;
  deleted: number | null;
  params: Record<string, Value>;
  metrics: Record<string, Metric>;
  summary: Record<string, Value>;
  values: Record<string, Value>;
}

export interface RunDetails extends Run {
  config: Record<string, Value>;
  provenance: Record<string, Value>;
  error: string;
  files: Record<string, number>;
  keys: string[];
  system_keys: string[];
  has_console: boolean;
  previous: string | null;
}

export interface Info {
  version: string;
  store: { id?: string; root: string; runs: number; projects: number; journal_bytes: number; sealed_bytes: number; object_bytes: number; format: string | number };
  read_only: boolean;
  hub: boolean;
  user?: string | null;
  rights?: string[] | null;
}

export interface Project {
  name: string;
  runs: number;
  running: number;
  failed: number;
  updated: number;
  goal: Goal | null;
  best: { run_id: string; name: string; value: Num } | null;
  spark: (number | null)[];
}

export interface RunsAnswer {
  runs: Run[];
  total: number;
  cursor: string;
}

export interface ParamColumn {
  path: string;
  distinct: number;
  varying: boolean;
  value?: Value;
  numeric: boolean;
}

export interface Columns {
  goal: Goal | null;
  params: ParamColumn[];
  metrics: { key: string; runs: number; numeric: boolean }[];
  system: string[];
  tags: { tag: string; runs: number }[];
  total: number;
}

export interface Completion {
  text: string;
  kind: string;
  detail?: string | null;
  runs?: number | null;
}

export interface CompletionAnswer {
  start: number;
  end: number;
  items: Completion[];
}

export interface Facet {
  field: string;
  values: { value: Value; runs: number }[];
  histogram?: { edges: number[]; counts: number[] } | null;
}

export interface GroupStats {
  n: number;
  mean: Num | null;
  std: Num | null;
  sem: Num | null;
  median: Num | null;
  q1: Num | null;
  q3: Num | null;
  min: Num | null;
  max: Num | null;
}

export interface Group {
  key: Record<string, Value>;
  label: string;
  n: number;
  failed: number;
  run_ids: string[];
  metrics: Record<string, GroupStats>;
}

export interface GroupsAnswer {
  by: string[];
  metrics: string[];
  groups: Group[];
  total: number;
}

export interface FileItem {
  run_id: string;
  kind: string;
  name: string;
  step: number | null;
  ts: number;
  sha256: string;
  size_bytes: number;
  format: string;
  record: Record<string, Value>;
}

export interface ProjectSettings {
  goal: Goal | null;
  pinned: string[];
  hidden: string[];
  order: string[];
  columns: string[];
  views: { name: string; url: string }[];
}

export interface Change {
  id: string;
  project: string;
  status: Status;
  rows: number;
  updated: number;
}

export interface Changes {
  type: "changes" | "hello" | "ping";
  cursor?: string;
  runs?: Change[];
  removed?: string[];
  total?: number;
}

export interface SeriesRequest {
  run_ids?: string[];
  q?: string;
  project?: string;
  sort?: string;
  limit?: number;
  keys: string[];
  table?: "events" | "system";
  x?: string;
  start?: number | null;
  stop?: number | null;
  width: number;
  smooth?: { kind: "ema" | "mean" | "gaussian"; amount: number } | null;
  group?: { by: string[]; stat: string } | null;
  exact?: boolean | null;
  robust?: boolean;
}
