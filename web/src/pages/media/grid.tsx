// The grid of media: runs × keys or runs × steps, with one slider for the step of all cells. A cell says which step it shows when it
// is an earlier one. Pictures share one zoom and one place, so that the same detail is compared everywhere.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get } from "../../core/api.ts";
import { number, plural } from "../../core/format.ts";
import { useKeys } from "../../core/keys.ts";
import { cursor } from "../../chart/hover.ts";
import { query, setQuery } from "../../core/route.ts";
import { signal, useAnswer } from "../../core/state.ts";
import type { FileItem, Run } from "../../core/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown } from "../../ui/menu.tsx";
import { Asked, Choice, inQuery, Nothing, RunLink, Select } from "../bits.tsx";
import { cellAt, lastAtMost, shelve, spread, type Cell, type Shelf } from "./items.ts";
import { Item, NOT_MOVED, type Look } from "./item.tsx";
import { Swipe } from "./swipe.tsx";

const SIZES = [120, 180, 260, 380, 560];
const KEYS_AT_FIRST = 4;

interface GridProps {
  runs: readonly Pick<Run, "id" | "name" | "project">[];
  project?: string;
  /** Asked anew when it changes. */
  changed: number;
  note?: string;
}

export function MediaGrid({ runs, project, changed, note }: GridProps): JSX.Element {
  const ids = runs.map((run) => run.id);
  const one = runs.length === 1 ? `/api/runs/${encodeURIComponent(ids[0]!)}/files?kind=media` : null;
  const found = useAnswer(`${ids.join()} ${changed}`, (signal) => get<{ files: FileItem[] }>(one ?? "/api/files", one ? {} : { project, kind: "media", limit: 10_000 }, signal));
  return (
    <Asked of={found} what="Looking for media">
      {({ files }) => {
        const mine = one ? files : files.filter((file) => ids.includes(file.run_id));
        return mine.length ? <Shelves files={mine} runs={runs} note={note ?? ""} /> : <Nothing what="No media were logged" how="Pictures, sound, film, text, tables, histograms and graphs are logged like numbers:" code={'run.log({"samples": eventide.Image(array), "step": step})'} />;
      }}
    </Asked>
  );
}

function Shelves({ files, runs, note }: { files: FileItem[]; runs: GridProps["runs"]; note: string }): JSX.Element {
  const all = useMemo(() => shelve(files), [files]);
  const wanted = query.value["key"]?.split(",") ?? [];
  const keys = wanted.length ? all.keys.filter((one) => wanted.includes(one.key)) : all.keys.slice(0, runs.length > 1 ? 1 : KEYS_AT_FIRST);
  const shelf = useMemo(() => shelve(files, (key) => keys.some((one) => one.key === key)), [files, keys.map((one) => one.key).join()]);
  const last = shelf.steps[shelf.steps.length - 1] ?? 0;
  const step = query.value["step"] === undefined ? last : Number(query.value["step"]) || 0;
  const by = query.value["by"] === "steps" ? "steps" : "keys";
  const size = Math.max(0, Math.min(SIZES.length - 1, Number(query.value["size"] ?? (runs.length * keys.length <= 4 ? 3 : 2))));
  const swipe = query.value["swipe"] !== undefined;
  const [look] = useState(() => signal(NOT_MOVED));
  const options: Look = { size: SIZES[size]!, boxes: query.value["boxes"] !== "0", masks: query.value["masks"] !== "0", place: look };
  const shown = runs.filter((run) => shelf.of.has(run.id));
  const steps = by === "steps" ? spread(shelf.steps.filter((one) => query.value["step"] === undefined || one <= step), 12) : [];
  const rows = shown.map((run) => ({ run, cells: by === "steps" ? keys.flatMap((key) => steps.map((at) => cellAt(shelf, run.id, key.key, at))) : keys.map((key) => cellAt(shelf, run.id, key.key, step)) }));
  const heads = by === "steps" ? keys.flatMap((key) => steps.map((at) => `${keys.length > 1 ? key.key + " " : ""}step ${number(at)}`)) : keys.map((key) => key.key);
  useKeys({ "chart.reset": () => void (look.value = NOT_MOVED) });
  const overlays = files.some((file) => Array.isArray(file.record["boxes"]) && (file.record["boxes"] as unknown[]).length);
  const masks = files.some((file) => Array.isArray(file.record["masks"]) && (file.record["masks"] as unknown[]).length);
  const pictures = keys.some((key) => key.type === "image" || key.type === "figure");
  return (
    <div class="media">
      <div class="tool-row">
        <KeyPicker all={all} chosen={keys.map((one) => one.key)} />
        <Choice label="Columns" list={[["keys", "keys"], ["steps", "steps"]]} chosen={by} onChoose={inQuery("by", "keys")} />
        <Select label="size" value={String(size)} list={SIZES.map((_, at) => [String(at), ["tiny", "small", "middle", "large", "huge"][at]!] as const)} onChange={(value) => setQuery({ size: value }, { replace: true })} />
        {overlays && <label class="check"><input type="checkbox" checked={options.boxes} onChange={() => setQuery({ boxes: options.boxes ? "0" : null }, { replace: true })} />boxes</label>}
        {masks && <label class="check"><input type="checkbox" checked={options.masks} onChange={() => setQuery({ masks: options.masks ? "0" : null }, { replace: true })} />masks</label>}
        {pictures && <label class="check"><input type="checkbox" checked={swipe} onChange={() => setQuery({ swipe: swipe ? null : "1" }, { replace: true })} />before/after</label>}
        {look.value !== NOT_MOVED && <Button icon="reset" action="chart.reset" onClick={() => void (look.value = NOT_MOVED)}>{number(look.value.zoom, 2)}×</Button>}
        <span class="room" />
        <span class="faint">{plural(shown.length, "run")} {note}</span>
      </div>
      <StepSlider steps={shelf.steps} step={step} />
      {swipe && pictures ? <Swipe cells={rows.flatMap((row) => row.cells.map((cell) => ({ cell, run: row.run })))} look={options} /> : <Cells rows={rows} heads={heads} look={options} step={by === "keys" ? step : null} alone={runs.length === 1} shelf={shelf} />}
    </div>
  );
}

function Cells({ rows, heads, look, step, alone, shelf }: { rows: { run: GridProps["runs"][number]; cells: Cell[] }[]; heads: string[]; look: Look; step: number | null; alone: boolean; shelf: Shelf }): JSX.Element {
  const columns = alone ? {} : { gridTemplateColumns: `repeat(${heads.length}, ${look.size}px)` };
  return (
    <div class="media-rows">
      {rows.map(({ run, cells }) => (
        <section key={run.id} class="media-run" aria-label={run.name}>
          {!alone && <h2 class="media-name"><RunLink run={run} tab="media" /></h2>}
          <div class={`media-cells ${alone ? "is-free" : ""}`} style={columns}>
            {cells.map((cell, at) => (
              <figure key={heads[at]} class="media-cell" style={{ width: `${cell.items.length && ["table", "graph", "html", "text", "histogram"].includes(String(cell.items[0]!.record["type"])) && alone ? Math.max(look.size, 380) : look.size}px` }}>
                <figcaption><bdi class="cut" title={heads[at]}>{heads[at]}</bdi>{cell.step !== null && step !== null && <span class={cell.step === step ? "faint" : "chip"} title={cell.step === step ? undefined : `Nothing was logged at step ${step}; this is the nearest before`}>{cell.step === step ? `step ${number(cell.step)}` : `from step ${number(cell.step)}`}</span>}</figcaption>
                {cell.items.length ? cell.items.map((file, place) => <Item key={file.sha256 + place} file={file} look={look} all={shelf.of.get(run.id)?.get(cell.key) ?? []} />) : <div class="media-none faint" style={{ height: `${Math.min(120, look.size)}px` }}>nothing yet</div>}
              </figure>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}

function KeyPicker({ all, chosen }: { all: Shelf; chosen: readonly string[] }): JSX.Element {
  const toggle = (key: string) => setQuery({ key: (chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key]).join(",") }, { replace: true });
  return (
    <Dropdown label="Choose keys" class="plain" button={<><bdi class="cut">{chosen.length === 1 ? chosen[0] : plural(chosen.length, "key")}</bdi> <span class="faint">of {all.keys.length}</span></>}>
      {() => <div class="picked-list">{all.keys.map(({ key, type }) => <label key={key} class="check menu-item"><input type="checkbox" checked={chosen.includes(key)} onChange={() => toggle(key)} /><bdi class="menu-text">{key}</bdi><span class="menu-detail">{type}</span></label>)}</div>}
    </Dropdown>
  );
}

/** One slider for all cells. It moves over the steps that exist, follows the crosshair of charts, and stands at the end by itself. */
function StepSlider({ steps, step }: { steps: readonly number[]; step: number }): JSX.Element | null {
  const field = useRef<HTMLInputElement>(null);
  const at = Math.max(0, lastAtMost(steps, step));
  const to = (place: number) => {
    const next = Math.max(0, Math.min(steps.length - 1, place));
    setQuery({ step: next === steps.length - 1 ? null : String(steps[next]) }, { replace: true });
  };
  useEffect(() => cursor.subscribe((now) => {
    if (now?.axis !== "step") return;
    const place = lastAtMost(steps, now.x);
    if (place >= 0) to(place);
  }), [steps]);
  useKeys({ "chart.cursor_left": () => to(at - 1), "chart.cursor_right": () => to(at + 1) });
  if (steps.length < 2) return null;
  return (
    <div class="step-slider">
      <Button icon="left" label="Earlier step" action="chart.cursor_left" onClick={() => to(at - 1)} />
      <input ref={field} type="range" min={0} max={steps.length - 1} step={1} value={at} aria-label="Step" aria-valuetext={`step ${steps[at]}`} onInput={(event) => to(Number(event.currentTarget.value))} />
      <Button icon="right" label="Later step" action="chart.cursor_right" onClick={() => to(at + 1)} />
      <output>step {number(steps[at] ?? 0)} <span class="faint">{at + 1} of {steps.length}</span></output>
    </div>
  );
}
