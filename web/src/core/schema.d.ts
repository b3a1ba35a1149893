// Made from web/openapi.json by types.mjs: do not edit.

/** The id of an annotation. */
export interface Annotated {
  id: string;
}

/** Words at a step of a run; with an `id` they replace those of before, and an empty text takes them away. */
export interface AnnotationEdit {
  run_id: string;
  step: number;
  text: string;
  id?: string | null;
}

/** One artifact with its versions, the newest first. */
export interface Artifact {
  project: string;
  name: string;
  type: string;
  versions: ArtifactVersion[];
}

/** One version of an artifact with its files and its kin. */
export interface ArtifactDetails {
  version: number;
  digest: string;
  size_bytes: number;
  new_bytes: number;
  files: number;
  aliases: string[];
  created: number;
  run_id: string;
  deleted: boolean;
  project: string;
  name: string;
  type: string;
  description: string;
  metadata: Record<string, unknown>;
  manifest: ManifestFile[];
  producer: string | null;
  consumers: string[];
  lineage: Lineage;
}

/** One version of an artifact. */
export interface ArtifactVersion {
  version: number;
  digest: string;
  size_bytes: number;
  new_bytes: number;
  files: number;
  aliases: string[];
  created: number;
  run_id: string;
  deleted: boolean;
}

/** Artifacts by name. */
export interface Artifacts {
  artifacts: Artifact[];
}

/** Draw a curve and a band per group of runs instead of one curve per run; `by` is as in /api/groups. */
export interface Band {
  by: string[];
  stat: "mean_std" | "mean_sem" | "median_iqr" | "min_max";
}

/** The best run of a project by its goal. */
export interface Best {
  run_id: string;
  name: string;
  value: number | "NaN" | "Infinity" | "-Infinity";
}

/** A run that changed. */
export interface Change {
  id: string;
  project: string;
  status: "running" | "finished" | "failed" | "killed" | "crashed";
  rows: number;
  updated: number;
}

/** What changed since a cursor; the WebSocket sends the same, at most four a second. */
export interface Changes {
  type: "hello" | "changes" | "ping";
  cursor: string;
  runs?: Change[];
  removed?: string[];
  total: number;
}

/** The code that was kept with a run. */
export interface Code {
  root: string;
  files: CodeFile[];
  left_out: CodeLeftOut[];
}

/** One file that differs; `hunks` is a unified diff, null where a side is no text or too long. */
export interface CodeChange {
  path: string;
  status: "added" | "removed" | "changed";
  old: string | null;
  new: string | null;
  hunks?: string | null;
  reason?: string | null;
}

/** What differs in the code of two runs, or since a commit; `files` are those of the first turned into those of the second. */
export interface CodeDiff {
  files: CodeChange[];
  truncated: boolean;
}

/** One file of kept code. */
export interface CodeFile {
  path: string;
  sha256: string;
  size_bytes: number;
}

/** One file that was not kept. */
export interface CodeLeftOut {
  path: string;
  reason: string;
}

/** What a table of runs could show. */
export interface Columns {
  goal: Goal | null;
  params: ParamColumn[];
  metrics: MetricColumn[];
  system: string[];
  tags: TagCount[];
  seeds: string[];
  total: number;
}

/** One value in all compared runs, null where one has none. */
export interface CompareLine {
  path: string;
  values: unknown[];
  same: boolean;
}

/** One metric in all compared runs. */
export interface CompareMetric {
  key: string;
  goal: "max" | "min";
  last: (number | "NaN" | "Infinity" | "-Infinity" | string | null)[];
  best: (number | "NaN" | "Infinity" | "-Infinity" | null)[];
}

/** Runs side by side. */
export interface Comparison {
  runs: Run[];
  config: CompareLine[];
  metrics: CompareMetric[];
  environment: CompareLine[];
  views: ("config" | "metrics" | "curves" | "code" | "environment" | "console")[];
}

/** One thing that could stand at the cursor. */
export interface Completion {
  text: string;
  kind: string;
  detail?: string | null;
  runs?: number | null;
}

/** What could stand in the place of text[start:end]. */
export interface CompletionAnswer {
  start: number;
  end: number;
  items: Completion[];
}

/** A stretch of console text; `next` is what to ask for as `after`. */
export interface ConsoleAnswer {
  lines: ConsoleText[];
  total: number;
  next: number;
}

/** A piece of console text; `n` counts from 0. */
export interface ConsoleText {
  n: number;
  ts: number;
  stream: string;
  text: string;
}

/** Sample runs that were made. */
export interface Demo {
  project: string;
  runs: number;
}

/** Runs as they are after a change. */
export interface Edited {
  runs: Run[];
}

/** The values of a field over the runs of a question, the most frequent first. */
export interface Facet {
  field: string;
  values: FacetValue[];
  histogram?: Histogram | null;
}

/** One value of a field and how many runs have it. */
export interface FacetValue {
  value: unknown;
  runs: number;
}

/** One reference of a run to an object. */
export interface FileItem {
  run_id: string;
  project: string;
  kind: string;
  name: string;
  step: number | null;
  ts: number;
  sha256: string;
  size_bytes: number;
  format: string;
  record: Record<string, unknown>;
}

/** References to objects in the order of time. */
export interface Files {
  files: FileItem[];
}

/** The metric that ranks the runs of a project. */
export interface Goal {
  key: string;
  direction: "max" | "min";
}

/** Runs that agree in what they are grouped by. */
export interface Group {
  key: Record<string, unknown>;
  label: string;
  n: number;
  failed: number;
  run_ids: string[];
  metrics: Record<string, GroupStats>;
  fields: Record<string, GroupStats>;
}

/** One metric over the runs of a group, non-finite and missing values left out of `n`. */
export interface GroupStats {
  n: number;
  mean: number | "NaN" | "Infinity" | "-Infinity" | null;
  std: number | "NaN" | "Infinity" | "-Infinity" | null;
  sem: number | "NaN" | "Infinity" | "-Infinity" | null;
  median: number | "NaN" | "Infinity" | "-Infinity" | null;
  q1: number | "NaN" | "Infinity" | "-Infinity" | null;
  q3: number | "NaN" | "Infinity" | "-Infinity" | null;
  min: number | "NaN" | "Infinity" | "-Infinity" | null;
  max: number | "NaN" | "Infinity" | "-Infinity" | null;
}

/** All groups, the best by the first metric first; every run of the question is in one of them. */
export interface GroupsAnswer {
  by: string[];
  metrics: string[];
  groups: Group[];
  total: number;
}

export interface HTTPValidationError {
  detail?: ValidationError[];
}

/** The server answers. */
export interface Health {
  status: "ok";
}

/** How many values lie between edges; one edge more than counts. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** Which parameters go with a metric, the strongest first; a correlation is no cause. */
export interface Importance {
  metric: string;
  n: number;
  items: ImportanceItem[];
}

/** One parameter and Spearman's rank correlation of its values with the metric, over `n` runs. */
export interface ImportanceItem {
  path: string;
  correlation: number;
  n: number;
}

/** The server and its store. */
export interface Info {
  version: string;
  store: StoreNumbers;
  read_only: boolean;
  hub: boolean;
  user?: string | null;
  rights?: ("read" | "write" | "admin")[] | null;
}

/** Where something came from and what became of it. */
export interface Lineage {
  nodes: LineageNode[];
  edges: LineageEdge[];
}

/** From what was used to who used it, and from who produced to what was produced. */
export interface LineageEdge {
  source: string;
  target: string;
}

/** A run or a version of an artifact; `id` is `run:<id>` or `artifact:<project>/<name>:v<n>`. */
export interface LineageNode {
  id: string;
  kind: "run" | "artifact";
  label: string;
  project: string;
}

/** One file of an artifact: an object, or a reference to elsewhere. */
export interface ManifestFile {
  path: string;
  sha256?: string | null;
  size_bytes?: number | null;
  reference?: string | null;
}

/** Media of the runs of a question; `items` are those of the asked-for key and the step nearest below. */
export interface Media {
  keys: MediaKey[];
  items: FileItem[];
}

/** One key under which media were logged. */
export interface MediaKey {
  key: string;
  type: string;
  steps: number[];
  runs: number;
}

/** One metric of one run in numbers; `best` is by its `goal`. */
export interface Metric {
  count: number;
  nonfinite: number;
  first: number | "NaN" | "Infinity" | "-Infinity" | null;
  last: number | "NaN" | "Infinity" | "-Infinity" | string | null;
  last_step: number;
  min: number | "NaN" | "Infinity" | "-Infinity" | null;
  min_step: number | null;
  max: number | "NaN" | "Infinity" | "-Infinity" | null;
  max_step: number | null;
  mean: number | "NaN" | "Infinity" | "-Infinity" | null;
  std: number | "NaN" | "Infinity" | "-Infinity" | null;
  best: number | "NaN" | "Infinity" | "-Infinity" | null;
  best_step: number | null;
  goal: "max" | "min";
  first_nonfinite_step: number | null;
}

/** One metric over the runs of a question. */
export interface MetricColumn {
  key: string;
  runs: number;
  numeric: boolean;
}

/** A run whose name or id is like the one that was asked for. */
export interface NearRun {
  id: string;
  name: string;
}

/** A view and the questions it asked. */
export interface OneFile {
  view: string;
  requests?: OneFileRequest[];
}

/** A question of a view; `key` is what the viewer looks its answer up by. */
export interface OneFileRequest {
  key: string;
  method: "GET" | "POST";
  path: string;
  body?: Record<string, unknown> | null;
}

/** One parameter over the runs of a question; `value` is there when all runs have the same. */
export interface ParamColumn {
  path: string;
  distinct: number;
  varying: boolean;
  numeric: boolean;
  value?: unknown;
}

/** Whether a filter parses: its plain form if it does, else what is wrong, and where. */
export interface Parsed {
  ok: boolean;
  canonical?: string | null;
  message?: string | null;
  position?: number | null;
  expected?: string | null;
  hint?: string | null;
}

/** What went wrong (application/problem+json, RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  hint: string;
  position?: number | null;
  expected?: string | null;
  nearest?: NearRun[] | null;
  candidates?: string[] | null;
}

/** One project. */
export interface Project {
  name: string;
  runs: number;
  running: number;
  failed: number;
  updated: number;
  goal: Goal | null;
  best: Best | null;
  spark: (number | null)[];
  holds: ("media" | "artifacts")[];
}

/** How a project is shown; kept beside the index, so it can be thrown away. */
export interface ProjectSettings {
  goal?: Goal | null;
  pinned?: string[];
  hidden?: string[];
  order?: string[];
  columns?: string[];
  views?: View[];
}

/** All projects, the most recently active first. */
export interface Projects {
  projects: Project[];
}

/** Runs to remove for ever; all of them have to lie in the bin. */
export interface Purge {
  run_ids: string[];
  confirm: "purge";
}

/** What was removed. */
export interface Purged {
  runs: string[];
  files: number;
  size_bytes: number;
}

/** The runs a selector means. */
export interface Resolved {
  ids: string[];
}

/** A stretch of rows; every row has one value per column. */
export interface RowsAnswer {
  columns: string[];
  rows: unknown[][];
  offset: number;
  total: number;
}

/** Which logged rows. */
export interface RowsRequest {
  run_ids: string[];
  keys?: string[] | null;
  offset: number;
  limit: number;
  attempts: "last" | "all";
}

/** One run as a list shows it. */
export interface Run {
  id: string;
  project: string;
  name: string;
  status: "running" | "finished" | "failed" | "killed" | "crashed";
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
  params: Record<string, unknown>;
  metrics: Record<string, Metric>;
  summary: Record<string, unknown>;
  values: Record<string, unknown>;
}

/** Everything about one run but its points. */
export interface RunDetails {
  id: string;
  project: string;
  name: string;
  status: "running" | "finished" | "failed" | "killed" | "crashed";
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
  params: Record<string, unknown>;
  metrics: Record<string, Metric>;
  summary: Record<string, unknown>;
  values: Record<string, unknown>;
  config: Record<string, unknown>;
  provenance: Record<string, unknown>;
  error: string;
  files: Record<string, number>;
  keys: string[];
  system_keys: string[];
  has_console: boolean;
  previous: string | null;
}

/** A change to some runs; what is left out or null stays as it is. */
export interface RunEdit {
  run_ids: string[];
  name?: string | null;
  notes?: string | null;
  group?: string | null;
  add_tags?: string[];
  remove_tags?: string[];
  archived?: boolean | null;
  deleted?: boolean | null;
}

/** One page of runs. */
export interface RunsAnswer {
  runs: Run[];
  total: number;
  cursor: string;
}

/** What to keep under a name; `was` is the name it had until now. */
export interface SaveQuery {
  query: string;
  project?: string | null;
  was?: string | null;
}

/** All that are kept for a project, or for the store. */
export interface SavedQueries {
  queries?: SavedQuery[];
}

/** A statement under a name that later ones can read FROM. */
export interface SavedQuery {
  name: string;
  query: string;
}

/** A kept statement with its columns, or why it no longer runs. */
export interface SavedView {
  name: string;
  query: string;
  columns: SqlColumn[];
  problem: string | null;
}

/** All kept statements by name. */
export interface SavedViews {
  views: SavedView[];
}

/** Which curves, over which range, for how many pixels. */
export interface SeriesRequest {
  run_ids?: string[] | null;
  q?: string | null;
  project?: string | null;
  sort?: string | null;
  limit?: number | null;
  archived: boolean;
  keys: string[];
  table: "events" | "system";
  x: string;
  minus?: string | null;
  start?: number | null;
  stop?: number | null;
  width: number;
  smooth?: Smooth | null;
  group?: Band | null;
  exact?: boolean | null;
  robust: boolean;
}

/** How curves are smoothed, over all of their points: `amount` is 0 to below 1 for ema, else a width in units of x. */
export interface Smooth {
  kind: "ema" | "mean" | "gaussian";
  amount: number;
}

/** Rows of a statement; `truncated` when there were more than `max_rows`. */
export interface SqlAnswer {
  columns: SqlColumn[];
  rows: unknown[][];
  truncated: boolean;
  elapsed_s: number;
  id: string;
  expanded?: string | null;
}

/** Whether a statement of that id was running. */
export interface SqlCancelled {
  cancelled: boolean;
}

/** One column of an answer or a view. */
export interface SqlColumn {
  name: string;
  type: string;
}

/** One read-only statement; `id` names it, so that it can be cancelled while it runs. */
export interface SqlRequest {
  query: string;
  params?: unknown[];
  timeout_s: number;
  max_rows: number;
  id?: string | null;
  project?: string | null;
}

/** All views. */
export interface SqlSchema {
  views: SqlView[];
}

/** One view that can be queried. */
export interface SqlView {
  name: string;
  columns: SqlColumn[];
}

/** A store in numbers. */
export interface StoreNumbers {
  id: string;
  root: string;
  format: number;
  runs: number;
  projects: number;
  journal_bytes: number;
  sealed_bytes: number;
  object_bytes: number;
}

/** One tag and how many runs have it. */
export interface TagCount {
  tag: string;
  runs: number;
}

export interface ValidationError {
  loc: (string | number)[];
  msg: string;
  type: string;
  input?: unknown;
  ctx?: Record<string, unknown>;
}

/** Values by run and field; null where a run has none. */
export interface ValuesAnswer {
  values: Record<string, Record<string, number | "NaN" | "Infinity" | "-Infinity" | null>>;
}

/** Columns that are computed from points, such as `mean(val/acc,10)` and `at(val/loss,500)`, of some runs. */
export interface ValuesRequest {
  run_ids: string[];
  fields: string[];
}

/** A saved address of the page. */
export interface View {
  name: string;
  url: string;
}
