// What can be done with a chart; the doing of it is loaded when it is asked for.
import type { RefObject } from "preact";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { address } from "../core/api.ts";
import { href } from "../core/route.ts";
import type { MenuItem } from "../ui/menu.tsx";
import { readOnly } from "../app/store.ts";
import { copy, save, sayFailed } from "../ui/toast.tsx";
import type { Extra } from "./extra.tsx";
import type { Loaded } from "./load.ts";
import type { ChartSource, Drawn } from "./types.ts";

interface MenuWants {
  keys: readonly string[];
  name: string;
  source: ChartSource;
  loaded: Signal<Loaded>;
  drawn: ReadonlySignal<Drawn | null>;
  box: RefObject<HTMLElement>;
  extra: Signal<Extra>;
  items: MenuItem[];
}

const SCALES = { linear: "Linear y", log: "Log y", symlog: "Symmetric log y" } as const;

const fileName = (name: string): string => name.replace(/[^\w.-]+/g, "_").slice(0, 80);

export function chartMenu({ keys, name, source, drawn, box, extra, items }: MenuWants): MenuItem[] {
  const view = source.view.value;
  const exporting = (act: (module: typeof import("./export.ts")) => unknown) => () => void import("./export.ts").then(act).catch(sayFailed);
  const state = drawn.value;
  const ids = state ? [...new Set(state.lines.map((line) => line.runId).filter(Boolean))] : [];
  const selection = ids.length ? { run_ids: ids.join(",") } : { project: source.ask.value.project ?? source.project, q: source.ask.value.q ?? "" };
  const url = (kind: "csv" | "parquet") => address(`/api/export.${kind}`, { ...selection, what: "series", keys: keys.join(",") });
  const picture = { keys, name, view, lines: state?.lines ?? [], x: state?.x, y: state?.ranges.shown, paint: state?.paint };
  return [
    ...items,
    ...(["linear", "log", "symlog"] as const).map((scale, place) => ({ text: SCALES[scale], checked: view.scale === scale, apart: place === 0 && items.length > 0, onChoose: () => source.setView({ scale }) })),
    ...(source.minus ? [{ text: "Difference to the pinned run", checked: Boolean(view.minus), disabled: !source.minus.value && !view.minus, detail: source.minus.value ? "" : "pin a run first", onChoose: () => source.setView({ minus: !view.minus }) }] : []),
    { text: "Edit the chart…", icon: "settings", apart: true, onChoose: () => void import("./editor.tsx").then((module) => module.editChart(keys, source)) },
    ...(source.table === "system" || readOnly.value || !state ? [] : [{ text: "Annotate a step…", icon: "plus" as const, onChoose: () => void import("./annotate.tsx").then((module) => module.annotate({ state, source }, null)) }]),
    { text: "Whole range of y", apart: true, checked: view.outliers === "full", onChoose: () => source.setView({ outliers: view.outliers === "full" ? "auto" : "full" }), action: "chart.outliers" },
    { text: "Reset the zoom", icon: "reset", action: "chart.reset", disabled: !view.zoom, onChoose: () => source.setZoom(null) },
    { text: "Show as table", icon: "table", apart: true, onChoose: () => (extra.value = "table") },
    { text: "Full screen", icon: "full", action: "chart.full", onChoose: () => (extra.value = "full") },
    { text: "CSV, every point", icon: "download", apart: true, href: url("csv") },
    { text: "Parquet, every point", icon: "download", href: url("parquet") },
    { text: "PNG, twice the size", icon: "download", onChoose: exporting(async (module) => save(`${fileName(name)}.png`, await module.png(picture, box.current!))) },
    { text: "SVG, with real text", icon: "download", onChoose: exporting((module) => save(`${fileName(name)}.svg`, new Blob([module.svg(picture, box.current!)], { type: "image/svg+xml" }))) },
    { text: "Copy a link to this chart", icon: "share", apart: true, onChoose: () => void copy(new URL(href(source.link(keys)), location.href).href, "Link copied") },
    { text: "Copy as Python", icon: "copy", onChoose: exporting((module) => copy(module.python(picture, ids, source), "Python copied")) },
  ];
}
