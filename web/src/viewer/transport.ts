// Answers the page's questions from data inlined in its file: the very answers the server gave, or, where the question is a little
// different (another filter, other runs, another range), what can be made of them.
import type { Ask, Transport } from "../core/api.ts";
import type { Run, RunsAnswer } from "../core/types.ts";
import { split } from "../workspace/view.ts";
import { FilterProblem, parseFilter, sorted } from "./filter.ts";

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

/** The part of a question for curves that has to agree: which metrics over which x, grouped how. */
export function seriesKey(body: Record<string, unknown>): string {
  return `POST /api/series ${JSON.stringify([body["keys"], body["table"] ?? "events", body["x"] ?? "step", body["group"] ?? null])}`;
}

function answer(answers: Answers, path: string, ask: Ask): Response {
  const method = ask.method ?? "GET";
  const url = new URL(path, "http://file");
  if (method === "POST" && url.pathname === "/api/series") return series(answers, ask.body as Record<string, unknown>);
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
  if (url.pathname === "/api/complete") return json({ start: 0, end: 0, items: [] });
  return opened(answers[`GET ${path}`] ?? starting(answers, url.pathname === "/api/columns" ? "GET /api/columns" : `GET ${url.pathname}?`) ?? answers[`GET ${url.pathname}`]);
}

function runs(answers: Answers, query: URLSearchParams): Response {
  const all = new Map<string, Run>();
  for (const [key, kept] of Object.entries(answers)) if (key.startsWith("GET /api/runs?")) for (const run of parsed<RunsAnswer>(kept)?.runs ?? []) all.set(run.id, run);
  const test = parseFilter(query.get("q") ?? "");
  const project = query.get("project");
  const found = sorted([...all.values()].filter((run) => (!project || run.project === project) && test(run)), split(query.get("sort") ?? ""));
  const offset = Number(query.get("offset") ?? 0);
  return json({ runs: found.slice(offset, offset + Number(query.get("limit") ?? 200)), total: found.length, cursor: "" });
}

/** Answer with the curves of the runs asked for; the blocks stay where they are. */
function series(answers: Answers, body: Record<string, unknown>): Response {
  const kept = answers[seriesKey(body)];
  if (!kept?.base64) return missing();
  const bytes = bytesOf(kept.base64);
  const length = new DataView(bytes.buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const wanted = body["run_ids"] ? new Set(body["run_ids"] as string[]) : null;
  if (wanted && !body["group"]) header.curves = header.curves.filter((curve: { run_id: string }) => wanted.has(curve.run_id));
  let text = JSON.stringify(header);
  const encoder = new TextEncoder();
  while ((8 + encoder.encode(text).length) % 8) text += " ";
  const head = encoder.encode(text);
  const out = new Uint8Array(8 + head.length + bytes.length - 8 - length);
  out.set(bytes.subarray(0, 4));
  new DataView(out.buffer).setUint32(4, head.length, true);
  out.set(head, 8);
  out.set(bytes.subarray(8 + length), 8 + head.length);
  return new Response(out, { headers: { "content-type": kept.type } });
}
