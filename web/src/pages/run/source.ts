// What charts outside of the workspace need: a few fixed runs, and a view that lives in the address.
import { computed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { ChartSource, ChartView, RunStyle } from "../../chart/types.ts";
import { DASHES, dashes, runColor } from "../../core/colors.ts";
import { formatRoute, path, query, setQuery } from "../../core/route.ts";
import { dark } from "../../core/theme.ts";
import type { Run } from "../../core/types.ts";
import { formatView, parseView } from "../../workspace/view.ts";

export function useSource(runs: readonly Run[], keys: readonly string[], options: { table?: "events" | "system"; x?: string } = {}): ChartSource {
  const text = runs.map((run) => run.id + run.name).join("\n") + "\n\n" + keys.join("\n");
  return useMemo(() => {
    const ids = runs.map((run) => run.id);
    const given = dashes(ids);
    return {
      view: computed<ChartView>(() => {
        const { chart } = parseView(query.value);
        return { ...chart, x: query.value["x"] ?? options.x ?? chart.x, group: null };
      }),
      runs: computed<RunStyle[]>(() => runs.map((run) => ({ id: run.id, name: run.name, color: runColor(run.id, dark.value), dash: DASHES[given.get(run.id) ?? 0]!, pinned: false }))),
      ask: computed(() => ({ run_ids: ids, q: null, project: null, sort: null, limit: null })),
      keys: computed(() => keys),
      table: options.table ?? "events",
      setZoom: (zoom) => setQuery(formatView({ chart: { zoom } })),
      setView: ({ group: _group, ...change }) => setQuery(formatView({ chart: change }), { replace: true }),
      link: (chart) => formatRoute({ path: path.peek(), query: { ...query.peek(), find: chart.join("+") } }),
      project: runs[0]?.project ?? "",
      goalOf: (key) => runs.find((run) => run.metrics[key])?.metrics[key]?.goal ?? null,
    };
  }, [text, options.table, options.x]);
}
