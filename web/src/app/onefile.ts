// The page as it is now as one HTML file: says which questions its view asks, and lets the server write the answers into a file with
// the same page. Charts share a size: fifty runs in ten charts stay below 2 MB.
import { ask, questions, type Question } from "../core/api.ts";
import { formatRoute, route } from "../core/route.ts";
import type { OneFileRequest } from "../core/types.ts";
import { save, say } from "../ui/toast.tsx";
import { seriesKey } from "../viewer/transport.ts";
import { chartQuestions } from "./slots.ts";

const VALUES = 100_000;

export async function exportPage(): Promise<void> {
  const { path } = route.peek();
  const plain = questions(path).filter((one) => !one.path.startsWith("/api/series") && !/^\/api\/(changes|parse|complete)/.test(one.path));
  const charts = [...(chartQuestions.peek()?.() ?? []), ...questions(path).filter((one) => one.path.startsWith("/api/series")).map((one) => one.body as Record<string, unknown>)];
  const chosen = new Map<string, Record<string, unknown>>();
  for (const body of charts) if (!chosen.has(seriesKey(body))) chosen.set(seriesKey(body), body);
  const lines = Math.max(1, ...[...chosen.values()].map((body) => ((body["run_ids"] as string[] | undefined)?.length ?? 50) * (body["keys"] as string[]).length));
  const width = Math.max(60, Math.min(700, Math.floor(VALUES / (lines * Math.max(1, chosen.size)))));
  const requests: OneFileRequest[] = [
    ...plain.map((one: Question) => ({ key: `${one.method} ${one.path}`, method: one.method as "GET" | "POST", path: one.path, body: (one.body ?? null) as OneFileRequest["body"] })),
    ...[...chosen].map(([key, body]) => ({ key, method: "POST" as const, path: "/api/series", body: { ...body, width } })),
  ];
  const answer = await ask("/api/export.html", { method: "POST", body: { view: formatRoute(route.peek()), requests } });
  const blob = await answer.blob();
  save(`eventide-${path.split("/").filter(Boolean).pop() ?? "projects"}.html`, blob);
  say(`One file of ${Math.max(1, Math.round(blob.size / 1000))} KB: it opens anywhere, without a server`);
}
