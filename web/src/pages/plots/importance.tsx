// Which parameters go with a metric: Spearman's rank correlation, with the number of runs it rests on. It is no cause, and says so.
import type { JSX } from "preact";
import { get } from "../../core/api.ts";
import { number } from "../../core/format.ts";
import { href, query } from "../../core/route.ts";
import { useAnswer } from "../../core/state.ts";
import type { Importance as Answer } from "../../core/types.ts";
import { Asked, inQuery, Nothing, Select } from "../bits.tsx";
import type { PlotProps } from "../plots.tsx";

export function Importance({ project, columns, goal, q, runs }: PlotProps): JSX.Element {
  const keys = columns.metrics.filter((one) => one.numeric).map((one) => one.key);
  const metric = keys.includes(query.value["pk"] ?? "") ? query.value["pk"]! : (goal?.key ?? keys[0] ?? "");
  const found = useAnswer(metric ? JSON.stringify([project, q, metric]) : null, (signal) => get<Answer>("/api/importance", { project, q, metric }, signal));
  const direction = runs.find((run) => run.metrics[metric])?.metrics[metric]?.goal ?? "max";
  if (!metric) return <Nothing what="No metric" />;
  return (
    <div class="plot-part">
      <div class="tool-row"><Select label="metric" value={metric} list={keys.map((one) => [one, one] as const)} onChange={inQuery("pk", "")} /></div>
      <Asked of={found}>
        {({ n, items }) => items.length ? (
          <>
            <p class="faint">Rank correlation with {metric} over {n} runs. It shows what goes together, not what causes it.</p>
            <table class="plain importance">
              <thead class="hidden-text"><tr><th scope="col">parameter</th><th scope="col">correlation</th><th scope="col">runs</th></tr></thead>
              <tbody>
                {items.map((item) => {
                  const good = item.correlation > 0 === (direction === "max");
                  return (
                    <tr key={item.path}>
                      <th scope="row"><a href={href(`/p/${encodeURIComponent(project)}/plots?px=${encodeURIComponent(item.path)}&py=${encodeURIComponent(`best(${metric})`)}`)}><bdi>{item.path}</bdi></a></th>
                      <td><span class="corr" aria-hidden="true"><span class={good ? "is-good" : "is-bad"} style={{ width: `${Math.abs(item.correlation) * 50}%`, left: item.correlation < 0 ? `${50 - Math.abs(item.correlation) * 50}%` : "50%" }} /></span></td>
                      <td class="num">{item.correlation > 0 ? "+" : ""}{number(item.correlation, 2)}</td>
                      <td class="faint">{good ? "higher is better" : "lower is better"}, N = {item.n}</td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </>
        ) : <Nothing what="No parameter varies with enough runs" how="Three runs with different values are the least." />}
      </Asked>
    </div>
  );
}
