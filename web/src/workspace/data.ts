// What the workspace shows: runs in pages of the sort, groups, columns and the project's settings, each asked for when it is
// needed and again when runs change. The last good answer stays while a newer one is under way or when a filter has an error.
import { batch, computed, effect, signal } from "@preact/signals";
import { get, isAborted, send, type Problem } from "../core/api.ts";
import { onChanges } from "../core/live.ts";
import { formatRoute, go, query, route, setQuery } from "../core/route.ts";
import { asProblem, pins, settled } from "../core/state.ts";
import type { Changes, Columns, Goal, GroupsAnswer, ProjectSettings, Run, RunsAnswer } from "../core/types.ts";
import { sayFailed } from "../ui/toast.tsx";
import { defaultFields, metricField, toColumn, type Column } from "./columns.ts";
import { formatView, means, parseView, shortIds, tokensFilter, type View } from "./view.ts";

export const PAGE = 200;
const LIVE_MS = 250;
const SEE_MS = 40;
/** Rows beyond those in view that are asked for, too. */
const AHEAD = 60;
const NO_SETTINGS: ProjectSettings = { goal: null, pinned: [], hidden: [], order: [], columns: [], views: [] };

const listed = (keys: readonly string[]): string => keys.map((key) => key.replaceAll(",", "\\,")).join(",");

export type Workspace = ReturnType<typeof openWorkspace>;

/** Begin to follow a project; `close` ends it. */
export function openWorkspace(project: string) {
  const view = computed<View>(() => parseView(query.value));
  const columns = signal<Columns | null>(null);
  const settings = signal<ProjectSettings | null>(null);
  const problem = signal<Problem | null>(null);
  const rows = signal<{ asked: string; runs: (Run | undefined)[]; total: number } | null>(null);
  const groups = signal<GroupsAnswer | null>(null);
  const unfolded = signal<ReadonlySet<string>>(new Set());
  /** Every run seen, by id: selected and pinned ones may lie outside of the loaded pages. */
  const known = signal<ReadonlyMap<string, Run>>(new Map());
  const loading = signal(true);
  const loaded = signal(false);
  const span = { from: 0, to: 60 };
  const ends: (() => void)[] = [];
  let control = new AbortController();

  const goal = computed<Goal | null>(() => settings.value?.goal ?? columns.value?.goal ?? null);
  const sort = computed<string[]>(() => {
    if (view.value.sort.length) return view.value.sort;
    const best = goal.value;
    return best ? [(best.direction === "max" ? "-" : "") + metricField("best", best.key)] : ["-started"];
  });
  const fields = computed<string[]>(() => {
    const own = view.value.columns.length ? view.value.columns : (settings.value?.columns ?? []);
    return own.length ? own : defaultFields(columns.value, goal.value, settings.value?.pinned ?? []);
  });
  const shownColumns = computed<Column[]>(() => fields.value.map((field) => toColumn(field, columns.value, goal.value)));
  const metricKeys = computed<string[]>(() => [...new Set([...(goal.value ? [goal.value.key] : []), ...shownColumns.value.flatMap((column) => (column.metric ? [column.metric.key] : []))])]);

  const asked = computed(() => ({ project, q: view.value.q, sort: sort.value.join(","), archived: view.value.archived || undefined, keys: listed(metricKeys.value) }));
  const ready = computed(() => columns.value !== null && settings.value !== null);
  const text = computed(() => (ready.value ? JSON.stringify(asked.value) : ""));

  function remember(runs: readonly Run[]): void {
    const next = new Map(known.peek());
    for (const run of runs) next.set(run.id, run);
    known.value = next;
  }

  const failed = (error: unknown) => {
    if (isAborted(error)) return;
    problem.value = asProblem(error);
    loading.value = false;
  };

  /** Load one page of rows into its place; `fresh` begins a new list. */
  async function loadPage(page: number, fresh = false, stop = control.signal): Promise<void> {
    const question = text.peek();
    if (!question) return;
    try {
      const answer = await get<RunsAnswer>("/api/runs", { ...asked.peek(), limit: PAGE, offset: page * PAGE }, stop);
      if (stop.aborted || question !== text.peek()) return;
      const old = rows.peek();
      const runs: (Run | undefined)[] = fresh || !old || old.asked !== question ? new Array(answer.total).fill(undefined) : [...old.runs];
      runs.length = answer.total;
      for (const [place, run] of answer.runs.entries()) runs[page * PAGE + place] = run;
      batch(() => {
        remember(answer.runs);
        rows.value = { asked: question, runs, total: answer.total };
        problem.value = null;
        loading.value = false;
        loaded.value = true;
      });
    } catch (error) {
      failed(error);
    }
  }

  async function loadGroups(stop = control.signal): Promise<void> {
    const by = view.peek().groupBy;
    if (!by.length) return void (groups.value = null);
    try {
      const answer = await get<GroupsAnswer>("/api/groups", { project, q: view.peek().q, by: by.join(","), metrics: listed(metricKeys.peek()), fields: listed(shownColumns.peek().flatMap((column) => (column.metric ? [column.field] : []))), pick: "best" }, stop);
      if (!stop.aborted) batch(() => ((groups.value = answer), (problem.value = null), (loading.value = false)));
    } catch (error) {
      failed(error);
    }
  }

  async function loadColumns(): Promise<void> {
    try {
      const answer = await get<Columns>("/api/columns", { project, q: view.peek().q });
      // Where nothing fits, the columns of before stay: a filter is often half typed.
      if (!answer.total && view.peek().q && columns.peek()?.metrics.length) return;
      if (JSON.stringify(answer) !== JSON.stringify(columns.peek())) columns.value = answer;
    } catch (error) {
      if (!columns.peek()) columns.value = { goal: null, params: [], metrics: [], system: [], tags: [], seeds: [], total: 0 };
      failed(error);
    }
  }

  async function loadTokens(tokens: readonly string[]): Promise<void> {
    const missing = tokens.filter((token) => token !== "*" && ![...known.peek().keys()].some((id) => means(token, id)));
    if (!missing.length || !loaded.peek()) return;
    await get<RunsAnswer>("/api/runs", { q: tokensFilter(missing), limit: PAGE, archived: true, keys: asked.peek().keys })
      .then((answer) => remember(answer.runs))
      .catch(() => undefined);
  }

  /** Load the rows that came into view. */
  function see(from: number, to: number): void {
    span.from = from;
    span.to = to;
    seen();
  }

  /** What only flies past is not asked for. */
  const seen = settled(SEE_MS, () => {
    const from = Math.max(0, span.from - AHEAD);
    const to = span.to + AHEAD;
    const list = rows.peek();
    if (!list) return;
    for (let page = Math.floor(from / PAGE); page <= Math.floor(Math.max(from, Math.min(to, list.total) - 1) / PAGE); page += 1) {
      const place = Math.max(from, page * PAGE);
      if (place < list.total && !list.runs[place]) void loadPage(page);
    }
  });

  async function refresh(): Promise<void> {
    const first = Math.floor(span.from / PAGE);
    const last = Math.floor(Math.max(span.from, span.to - 1) / PAGE);
    const before = rows.peek()?.total ?? 0;
    await Promise.all([...new Set([0, first, last])].map((page) => (page === 0 || page * PAGE < before ? loadPage(page) : undefined)));
    if (view.peek().groupBy.length) await loadGroups();
  }

  let busy = false;
  let due = false;
  let columnsDue = 0;
  function changed(changes: Changes): void {
    const mine = !changes.runs?.length || changes.runs.some((run) => run.project === project) || (changes.removed?.length ?? 0) > 0;
    if (!mine) return;
    if (Date.now() > columnsDue) {
      columnsDue = Date.now() + 2000;
      void loadColumns();
    }
    if (busy) return void (due = true);
    busy = true;
    void refresh().finally(() => {
      setTimeout(() => {
        busy = false;
        if (due) {
          due = false;
          changed({ type: "changes", cursor: "", total: 0, runs: [] });
        }
      }, LIVE_MS);
    });
  }

  async function saveSettings(change: Partial<ProjectSettings>): Promise<void> {
    const next = { ...(settings.peek() ?? NO_SETTINGS), ...change };
    settings.value = next;
    await send<ProjectSettings>("PUT", `/api/settings/${encodeURIComponent(project)}`, next).catch(sayFailed);
  }

  ends.push(
    effect(() => {
      if (!text.value) return;
      control.abort();
      control = new AbortController();
      loading.value = true;
      void loadPage(0, true);
    }),
    effect(() => {
      void [view.value.groupBy.join(), view.value.q, fields.value.join(), metricKeys.value.join(), ready.value];
      if (ready.value) void loadGroups();
    }),
    effect(() => void (view.value.q, void loadColumns())),
    effect(() => void (loaded.value && void loadTokens([...view.value.selected, ...view.value.pinned]))),
    onChanges(changed),
  );
  get<ProjectSettings>(`/api/settings/${encodeURIComponent(project)}`)
    .then((answer) => (settings.value = { ...NO_SETTINGS, ...answer }))
    .catch(() => (settings.value = NO_SETTINGS));

  const matching = (tokens: readonly string[]): string[] => (tokens.length ? [...known.value.keys()].filter((id) => tokens.some((token) => token !== "*" && means(token, id))) : []);
  const selected = computed<ReadonlySet<string>>(() => new Set(matching(view.value.selected)));
  const pinned = computed<ReadonlySet<string>>(() => new Set(matching(view.value.pinned)));
  const hidden = computed<ReadonlySet<string>>(() => new Set(matching(view.value.hidden)));
  const allSelected = computed(() => view.value.selected.includes("*"));
  ends.push(
    effect(() => {
      const now = [...pinned.value];
      // Leaving the page takes `pin` from the address before it ends this.
      if (loaded.value && route.peek().path.startsWith("/p/") && now.length >= view.value.pinned.length && now.join() !== (pins.peek()[project] ?? []).join()) pins.value = { ...pins.peek(), [project]: now };
    }),
  );

  function setView(change: Parameters<typeof formatView>[0], options: { replace?: boolean } = {}): void {
    setQuery(formatView(change), options);
  }

  /** Write ids as the short tokens of the address. */
  const tokens = (ids: Iterable<string>): string[] => shortIds([...ids], [...known.peek().keys()]);

  /** Ids of what actions act on: the selected runs, all filtered ones, or the one at the cursor. */
  async function chosen(otherwise: string | null): Promise<string[]> {
    if (!allSelected.peek()) return selected.peek().size ? [...selected.peek()] : otherwise ? [otherwise] : [];
    const list = rows.peek();
    if (list && list.runs.every((run) => run)) return list.runs.map((run) => run!.id);
    const ids: string[] = [];
    for (let offset = 0; offset < (list?.total ?? 0); offset += 1000) {
      const answer = await get<RunsAnswer>("/api/runs", { ...asked.peek(), keys: "", limit: 1000, offset });
      ids.push(...answer.runs.map((run) => run.id));
    }
    return ids;
  }

  return {
    project, view, columns, settings, problem, rows, groups, unfolded, known, loading, loaded, goal, sort, fields, shownColumns, selected, pinned, hidden, allSelected, asked,
    setView, tokens, see, refresh, chosen, saveSettings, remember,
    link: (change: Parameters<typeof formatView>[0]): string => {
      const next: Record<string, string> = { ...route.peek().query };
      for (const [key, value] of Object.entries(formatView(change))) if (value) next[key] = value; else delete next[key];
      return formatRoute({ path: route.peek().path, query: next });
    },
    open: (id: string) => go(`/r/${encodeURIComponent(id)}`),
    close: () => {
      control.abort();
      ends.forEach((end) => end());
    },
  };
}
