// One chart: asks for its curves while near the viewport, draws them, and is read by mouse, keyboard and readers. To use it on
// another page, give it a ChartSource (see types.ts); everything else is its own.
import type { JSX } from "preact";
import { signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { plural } from "../core/format.ts";
import { dark, look } from "../core/theme.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { Body } from "./body.tsx";
import { current } from "./hover.ts";
import { useSeries } from "./load.ts";
import { bulkRange, nonPositive, outside, toLines, yRange } from "./model.ts";
import { later } from "../ui/portal.tsx";
import type { Extra } from "./extra.tsx";
import { titleOf, type ChartSource, type Drawn, type Range } from "./types.ts";

export interface LineChartProps {
  keys: readonly string[];
  source: ChartSource;
  title?: string;
  height: number;
  /** What the page can do with this chart: pin, hide. */
  items?: MenuItem[] | (() => MenuItem[] | Promise<MenuItem[]>);
  /** Drawn as large as its place allows, without the button for that. */
  full?: boolean;
  /** Draw even where nobody looks (exports, tests). */
  always?: boolean;
}

/** What only some charts have, once one has it. */
const own = signal<typeof import("./own.ts") | null>(null);

const ChartExtra = later(() => import("./extra.tsx").then((module) => module.ChartExtra));

/** Above this many runs a bin becomes wider than a pixel, so that one answer stays below 600 KB. */
const VALUES = 34_000;

export function LineChart({ keys, source, title, height, items, full, always }: LineChartProps): JSX.Element {
  const id = useMemo(() => Symbol("chart"), []);
  const box = useRef<HTMLElement>(null);
  const near = useSignal(Boolean(always));
  const width = useSignal(0);
  const extra = useSignal<Extra>("");
  const name = title ?? keys.map(titleOf).join(", ");

  useEffect(() => {
    const element = box.current!;
    const seen = new IntersectionObserver((entries) => (near.value = always || entries.some((entry) => entry.isIntersecting)), { rootMargin: "300px" });
    const sized = new ResizeObserver(() => (width.value = element.clientWidth));
    seen.observe(element);
    sized.observe(element);
    width.value = element.clientWidth;
    return () => (seen.disconnect(), sized.disconnect());
  }, []);

  const view = source.view.value;
  const asked = source.ask.value;
  const wide = Math.max(1, Math.ceil(width.value / 40)) * 40;
  const lines = Math.max(1, (asked.run_ids?.length ?? asked.limit ?? 20) * keys.length);
  const nothing = asked.run_ids?.length === 0 && !view.group;
  const question = near.value && width.value && !nothing
    ? {
        ...asked,
        keys: [...keys],
        table: source.table ?? "events",
        x: view.x,
        start: view.zoom?.[0] ?? null,
        stop: view.zoom?.[1] ?? null,
        width: Math.max(100, Math.min(wide, Math.floor(VALUES / lines))),
        smooth: view.smooth ?? null,
        group: view.group,
        robust: true,
        ...(view.minus && source.minus?.value ? { minus: source.minus.value } : null),
      }
    : null;
  const { loaded, reload } = useSeries(question);

  const drawn = useComputed((): Drawn | null => {
    void look.value;
    const { answer } = loaded.value;
    if (!answer) return null;
    const made = toLines(answer, { runs: source.runs.value, keys, dark: dark.value, groupColor: source.groupColor, groupLabel: source.groupLabel });
    const { zoom, scale, outliers } = source.view.value;
    const x: Range = zoom ? { low: zoom[0], high: zoom[1] } : answer.high > answer.low ? { low: answer.low, high: answer.high } : { low: answer.low - 0.5, high: answer.high + 0.5 };
    const ranges = yRange(made, scale, outliers, x);
    // What the server reports as extreme and lies within the bulk's range is no spike.
    const bulk = bulkRange(made, scale, x);
    if (bulk) for (const line of made) line.extremes = line.extremes.filter((one) => !(one.y >= bulk.low && one.y <= bulk.high));
    const plain: Drawn = { lines: made, x, ranges, out: outside(made, ranges.shown, x), unusable: scale === "log" ? nonPositive(made) : 0 };
    const { yr, ref } = source.view.value;
    if (!yr && !ref && !answer.annotations.length) return plain;
    if (!own.value) void import("./own.ts").then((module) => (own.value = module));
    return own.value?.decorated(plain, keys, source.view.value, answer.annotations) ?? plain;
  });

  const openFull = () => void (extra.value = "full");
  const makeCurrent = () => void (current.value = { id, full: openFull, reset: () => source.setZoom(null) });
  useSignalEffect(() => {
    if (!near.value && !extra.value && current.value?.id === id) current.value = null;
  });

  const state = drawn.value;
  const { error, loading } = loaded.value;
  const empty = nothing || (!loading && state !== null && !state.lines.some((line) => line.points > 0 || line.y.length > 0));
  return (
    <figure ref={box} class={`chart ${full ? "is-full" : ""} ${loading && state ? "is-stale" : ""}`} data-chart={name} onPointerEnter={makeCurrent} onFocusIn={makeCurrent}>
      <figcaption class="chart-head">
        <span class="chart-title" title={name}>{titleParts(name)}</span>
        <span class="chart-chips">
          {state && <Chips state={state} source={source} />}
          {error && state && <button type="button" class="chip bad" title={error.message} onClick={reload}>not current: try again</button>}
        </span>
        <span class="chart-tools">
          {!full && <Button icon="full" label="Full screen" action="chart.full" onClick={openFull} />}
          <Menu icon="more" label={`Actions on ${name}`} items={async () => (await import("./chartmenu.ts")).chartMenu({ keys, name, source, loaded, drawn, box, extra, items: (await (typeof items === "function" ? items() : items)) ?? [] })} />
        </span>
      </figcaption>
      <div class="chart-room" style={{ height: full ? undefined : `${height}px` }}>
        {error && !state && <Failure problem={error} onRetry={reload} />}
        {empty && !error && <p class="chart-none faint">{nothing ? "No run is shown" : "Nothing was logged here"}</p>}
        {near.value && state && !empty && <Body id={id} name={name} keys={keys} state={state} source={source} />}
      </div>
      {extra.value && <ChartExtra kind={extra} keys={keys} name={name} source={source} loaded={loaded} />}
    </figure>
  );
}

/** Say what is not in sight, and change that with a click. */
function Chips({ state, source }: { state: Drawn; source: ChartSource }): JSX.Element {
  const { out, ranges, unusable, lines } = state;
  const all = () => source.setView({ outliers: "full" });
  const lost = lines.filter((line) => line.nonfinite > 0).length;
  const base = source.view.value.minus && source.minus?.value;
  return (
    <>
      {base && <span class="chip" title="Every curve minus that of the pinned run">− {source.runs.value.find((run) => run.id === base)?.name}</span>}
      {out.above > 0 && <button type="button" class="chip" title="Points above the plot; show the full range" onClick={all}>{out.above} above</button>}
      {out.below > 0 && <button type="button" class="chip" title="Points below the plot; show the full range" onClick={all}>{out.below} below</button>}
      {!ranges.cut && ranges.matters && <button type="button" class="chip" title="Most values lie in a much narrower range; show that" onClick={() => source.setView({ outliers: "auto" })}>show the bulk</button>}
      {unusable > 0 && <span class="chip" title="A logarithmic axis has no place for them">{unusable} ≤ 0</span>}
      {lost > 0 && <span class="chip" title={`${plural(lost, "run")} with values that are not finite`}>{lost === 1 && lines.length === 1 ? "NaN" : `${lost} NaN`}</span>}
    </>
  );
}

/** Write the prefix of a key faint: it is the section's name already. */
function titleParts(name: string): JSX.Element {
  const at = !/[ ,]/.test(name) ? name.lastIndexOf("/") : -1;
  return at < 0 ? <>{name}</> : <><span class="faint">{name.slice(0, at + 1)}</span>{name.slice(at + 1)}</>;
}
