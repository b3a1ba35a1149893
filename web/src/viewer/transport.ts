// Answers the page's questions from data inlined in its file: the very answers the server gave, or, where the question is a little
// different (another filter, other runs, another range), what can be made of them.
import type { Ask, Transport } from "../core/api.ts";
import { fileNote } from "../app/slots.ts";
import { decode, type SeriesAnswer } from "../core/series.ts";
import type { Band, Columns, RunsAnswer, Smooth, ValuesAnswer } from "../core/types.ts";
import { split } from "../workspace/view.ts";
import { remade } from "./curves.ts";
import { FilterProblem, parseFilter, sorted, type FileRun } from "./filter.ts";
import { groupsAnswer } from "./groups.ts";

export interface Inlined {
  format: 1;
  view: string;
  /** Base64 of gzip of the answers as JSON. */
  packed: string;
}

interface Kept {
  status: number;
  type: string;
  text?: string;
  base64?: string;
}

type Answers = Record<string, Kept>;

export function inlined(data: Inlined): Transport {
  const unpacked = unpack(data.packed);
  return async (path, ask) => {
    const answers = await unpacked;
    try {
      return answer(answers, path, ask);
    } catch (error) {
      const position = error instanceof FilterProblem ? error.position : undefined;
      return json({ title: (error as Error).message, detail: (error as Error).message, position }, 400);
    }
  };
}

async function unpack(packed: string): Promise<Answers> {
  const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Answers;
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
const missing = (): Response => json({ title: "This is not in the file", detail: "This is not in the file: it was not on the page when it was made" }, 404);

function opened(kept: Kept | undefined): Response {
  if (!kept) return missing();
  return new Response(kept.base64 === undefined ? (kept.text ?? "") : bytesOf(kept.base64), { status: kept.status, headers: { "content-type": kept.type } });
}

const parsed = <T>(kept: Kept | undefined): T | null => (kept?.text ? (JSON.parse(kept.text) as T) : null);
const starting = (answers: Answers, start: string): Kept | undefined => Object.entries(answers).find(([key]) => key.startsWith(start))?.[1];

/** What a kept answer with curves is called: which metrics over which x, grouped and smoothed how. The runs of a group belong to it. */
export function seriesKey(body: Record<string, unknown>): string {
  const { keys, table, x, group, smooth, run_ids } = body;
  const how = smooth && (smooth as Smooth).amount > 0 ? [(smooth as Smooth).kind, (smooth as Smooth).amount] : null;
  return `POST /api/series ${JSON.stringify([keys, table ?? "events", x ?? "step", how, group ?? null, group ? [...((run_ids ?? []) as string[])].sort() : null])}`;
}

/** The same question without smoothing and groups: what others are made from. */
export const plainKey = (body: Record<string, unknown>): string => seriesKey({ ...body, smooth: null, group: null });

function answer(answers: Answers, path: string, ask: Ask): Response {
  const method = ask.method ?? "GET";
  const url = new URL(path, "http://file");
  if (method === "POST" && url.pathname === "/api/series") return series(answers, ask.body as Record<string, unknown>);
  if (method === "POST" && url.pathname === "/api/runs/values") return json({ values: valuesOf(answers) });
  if (method !== "GET") return json({ title: "Nothing can be changed in a file" }, 403);
  if (url.pathname === "/api/info") return json({ ...parsed<object>(answers["GET /api/info"]), read_only: true });
  if (url.pathname === "/api/runs") return runs(answers, url.searchParams);
  if (url.pathname === "/api/parse") {
    const q = url.searchParams.get("q") ?? "";
    try {
      parseFilter(q);
      return json({ ok: true, canonical: q });
    } catch (error) {
      return json({ ok: false, message: (error as Error).message, position: error instanceof FilterProblem ? error.position : null });
    }
  }
  if (url.pathname === "/api/groups" && !answers[`GET ${path}`]) return groups(answers, url.searchParams);
  if (url.pathname === "/api/complete") return json({ start: 0, end: 0, items: [] });
  return opened(answers[`GET ${path}`] ?? starting(answers, url.pathname === "/api/columns" ? "GET /api/columns" : `GET ${url.pathname}?`) ?? answers[`GET ${url.pathname}`]);
}

const valuesOf = (answers: Answers): ValuesAnswer["values"] => parsed<ValuesAnswer>(answers["POST /api/runs/values"])?.values ?? {};

/** Every run that the file knows, with the values of columns that needed points. */
function allRuns(answers: Answers): Map<string, FileRun> {
  const all = new Map<string, FileRun>();
  const values = valuesOf(answers);
  for (const [key, kept] of Object.entries(answers)) if (key.startsWith("GET /api/runs?")) for (const run of parsed<RunsAnswer>(kept)?.runs ?? []) all.set(run.id, { ...run, values_at: values[run.id] ?? {} });
  return all;
}

function chosen(answers: Answers, query: URLSearchParams): FileRun[] {
  const test = parseFilter(query.get("q") ?? "");
  const project = query.get("project");
  return [...allRuns(answers).values()].filter((run) => (!project || run.project === project) && test(run));
}

const listed = (text: string | null): string[] => (text ? text.replaceAll("\\,", "\0").split(",").filter(Boolean).map((part) => part.replaceAll("\0", ",")) : []);

function groups(answers: Answers, query: URLSearchParams): Response {
  const metrics = listed(query.get("metrics"));
  const goal = parsed<Columns>(starting(answers, "GET /api/columns"))?.goal;
  return json(groupsAnswer(chosen(answers, query), listed(query.get("by")), metrics, listed(query.get("fields")), query.get("pick") ?? "best", goal && goal.key === metrics[0] ? goal.direction : null));
}

function runs(answers: Answers, query: URLSearchParams): Response {
  const found = sorted(chosen(answers, query), split(query.get("sort") ?? ""));
  const offset = Number(query.get("offset") ?? 0);
  return json({ runs: found.slice(offset, offset + Number(query.get("limit") ?? 200)), total: found.length, cursor: "" });
}

/** Answer with the curves of the runs asked for: as the server gave them, else smoothed and grouped here from those without either. */
function series(answers: Answers, body: Record<string, unknown>): Response {
  const wanted = body["run_ids"] ? new Set(body["run_ids"] as string[]) : null;
  const [kept, plain] = [answers[seriesKey(body)], answers[plainKey(body)]];
  if (kept?.base64 && (body["group"] || !wanted || kept === plain || holds(kept, wanted))) return body["group"] ? opened(kept) : curves(kept, remade(bytesOf(kept.base64).buffer, wanted, null, null, []));
  if (!plain?.base64) return missing();
  const buffer = bytesOf(plain.base64).buffer;
  const [smooth, group] = [(body["smooth"] ?? null) as Smooth | null, (body["group"] ?? null) as Band | null];
  if (smooth || group) tell(decode(buffer));
  return curves(plain, remade(buffer, wanted, smooth, group, group ? [...allRuns(answers).values()] : []));
}

const curves = (kept: Kept, bytes: Uint8Array<ArrayBuffer>): Response => new Response(bytes, { headers: { "content-type": kept.type } });

function holds(kept: Kept, wanted: ReadonlySet<string>): boolean {
  const there = new Set(decode(bytesOf(kept.base64!).buffer).curves.map((curve) => curve.run_id));
  return [...wanted].every((id) => there.has(id));
}

/** Say what new curves are made of, where that is less than every point. */
function tell({ bins, curves: list }: SeriesAnswer): void {
  if (bins && list.some((curve) => !curve.exact)) fileNote.value = [`from ${bins} buckets a curve`, `Smoothing and groups chosen here are computed from the ${bins} buckets of each curve that the file holds, not from every logged point`];
}
