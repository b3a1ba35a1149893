// The page as it is now as one HTML file: says which questions its view asks, and lets the server write the answers into a file with
// the same page. Beside the curves as they are shown, the file holds those of all listed runs without smoothing and groups: others are
// made from them in the file. Charts share a size: fifty runs in ten charts stay below 2 MB.
import { ask, get, questions, type Question } from "../core/api.ts";
import { formatRoute, route } from "../core/route.ts";
import type { OneFileRequest, RunsAnswer } from "../core/types.ts";
import { save, say } from "../ui/toast.tsx";
import { plainKey, seriesKey } from "../viewer/transport.ts";
import { chartQuestions } from "./slots.ts";

const VALUES = 100_000;
/** Listed runs whose curves a file holds though they are not shown. */
const LISTED = 200;

type Body = Record<string, unknown>;

const kind = (one: Question): string => /^\/api\/(series|runs\/values|changes|parse|complete)/.exec(one.path)?.[1] ?? "";
const idsOf = (body: Body): string[] => (body["run_ids"] as string[] | undefined) ?? [];

/** Return the questions for curves by the names under which the file looks for them. */
export function curveQuestions(bodies: readonly Body[], listed: readonly string[]): Map<string, Body> {
  const chosen = new Map<string, Body>();
  for (const body of bodies) if (!chosen.has(seriesKey(body))) chosen.set(seriesKey(body), body);
  for (const body of bodies) {
    const named = body["run_ids"] ? { run_ids: [...new Set([...idsOf(chosen.get(plainKey(body)) ?? {}), ...idsOf(body), ...listed])] } : {};
    chosen.set(plainKey(body), { ...body, ...named, smooth: null, group: null });
  }
  return chosen;
}

/** Return one question for the columns that need points: all fields of all runs that were asked for, or that have curves in the file. */
export function valuesQuestion(asked: readonly Body[], curves: Iterable<Body>): Body | null {
  const fields = [...new Set(asked.flatMap((body) => body["fields"] as string[]))].slice(0, 32);
  const run_ids = [...new Set([...asked, ...curves].flatMap(idsOf))].slice(0, 500);
  return fields.length && run_ids.length ? { run_ids, fields } : null;
}

/** The ids of the runs that the page lists, the first of the sort. */
async function listedRuns(all: readonly Question[]): Promise<string[]> {
  const listing = all.filter((one) => one.path.startsWith("/api/runs?") && one.path.includes("project=")).pop();
  if (!listing) return [];
  const query = Object.fromEntries(new URLSearchParams(listing.path.split("?")[1]));
  return (await get<RunsAnswer>("/api/runs", { ...query, keys: "-", details: false, offset: 0, limit: LISTED })).runs.map((run) => run.id);
}

export async function exportPage(): Promise<void> {
  const { path } = route.peek();
  const all = questions(path);
  const of = (what: string) => all.filter((one) => kind(one) === what).map((one) => one.body as Body);
  const bodies = [...(chartQuestions.peek()?.() ?? []), ...of("series")];
  const chosen = curveQuestions(bodies, bodies.length ? await listedRuns(all) : []);
  const lines = Math.max(1, ...[...chosen.values()].map((body) => (idsOf(body).length || 50) * (body["keys"] as string[]).length));
  const width = Math.max(60, Math.min(700, Math.floor(VALUES / (lines * Math.max(1, chosen.size)))));
  const values = valuesQuestion(of("runs/values"), chosen.values());
  const requests: OneFileRequest[] = [
    ...all.filter((one) => !kind(one)).map((one) => ({ key: `${one.method} ${one.path}`, method: one.method as "GET" | "POST", path: one.path, body: (one.body ?? null) as OneFileRequest["body"] })),
    ...[...chosen].map(([key, body]) => ({ key, method: "POST" as const, path: "/api/series", body: { ...body, width } })),
    ...(values ? [{ key: "POST /api/runs/values", method: "POST" as const, path: "/api/runs/values", body: values }] : []),
  ];
  const answer = await ask("/api/export.html", { method: "POST", body: { view: formatRoute(route.peek()), requests } });
  const blob = await answer.blob();
  save(`eventide-${path.split("/").filter(Boolean).pop() ?? "projects"}.html`, blob);
  say(`One file of ${Math.max(1, Math.round(blob.size / 1000))} KB: it opens anywhere, without a server`);
}
