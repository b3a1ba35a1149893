// What the head of a column offers: which number of a metric it shows, how it is sorted, a filter by it, its place, its end.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { MenuList, type MenuItem } from "../ui/menu.tsx";
import type { Place } from "../ui/place.ts";
import { Popup } from "../ui/popup.tsx";
import { metricField, type Column, type Stat } from "./columns.ts";
import type { Workspace } from "./data.ts";
import { withTerm } from "./facets.tsx";
import { STAT_TEXTS, STATS } from "./stats.ts";

export interface HeadMenuProps {
  workspace: Workspace;
  column: Column;
  at: Place;
  onClose: () => void;
}

type Form = "mean" | "at" | "filter";

/** Show another number in the place of a column; the sort goes along. */
export function swapColumn(workspace: Pick<Workspace, "fields" | "view" | "setView">, old: string, next: string): void {
  const fields = workspace.fields.peek().map((field) => (field === old ? next : field));
  const sort = workspace.view.peek().sort.map((one) => (one.replace(/^-/, "") === old ? one.replace(old, () => next) : one));
  workspace.setView({ columns: [...new Set(fields)], sort });
}

export function HeadMenu({ workspace, column, at, onClose }: HeadMenuProps): JSX.Element {
  const [form, setForm] = useState<Form | null>(null);
  if (form) return <HeadForm workspace={workspace} column={column} at={at} form={form} onClose={onClose} />;
  return <MenuList label={`Column ${column.field}`} items={items(workspace, column, setForm)} at={at} onClose={onClose} />;
}

function items(workspace: Workspace, column: Column, ask: (form: Form) => void): MenuItem[] {
  const { field, metric } = column;
  const fields = workspace.fields.peek();
  const sort = workspace.sort.peek();
  const place = fields.indexOf(field);
  const list: MenuItem[] = [];
  if (metric) {
    for (const [number, stat] of STATS.entries()) {
      list.push({ text: STAT_TEXTS[stat], checked: metric.stat === stat && metric.n === undefined, ...(number === 0 ? { heading: `Number of ${metric.key}` } : {}), onChoose: () => swapColumn(workspace, field, metricField(stat, metric.key)) });
    }
    list.push({ text: "Mean of the last rows…", detail: metric.stat === "mean" && metric.n ? String(metric.n) : "", checked: metric.stat === "mean" && metric.n !== undefined, stay: true, onChoose: () => ask("mean") });
    list.push({ text: "Value at a step…", detail: metric.stat === "at" ? String(metric.n) : "", checked: metric.stat === "at", stay: true, onChoose: () => ask("at") });
  }
  list.push({ text: "Sort upwards", apart: true, checked: sort[0] === field, onChoose: () => workspace.setView({ sort: [field] }) });
  list.push({ text: "Sort downwards", checked: sort[0] === `-${field}`, onChoose: () => workspace.setView({ sort: [`-${field}`] }) });
  list.push({ text: "Filter by it…", stay: true, onChoose: () => ask("filter") });
  const move = (to: number) => () => {
    const next = fields.filter((one) => one !== field);
    next.splice(to, 0, field);
    workspace.setView({ columns: next });
  };
  list.push({ text: "Move left", apart: true, disabled: place <= 0, onChoose: move(place - 1) });
  list.push({ text: "Move right", disabled: place < 0 || place >= fields.length - 1, onChoose: move(place + 1) });
  list.push({ text: "Take away", disabled: fields.length < 2, onChoose: () => workspace.setView({ columns: fields.filter((one) => one !== field) }) });
  return list;
}

const ASKED: Record<Form, { label: string; least: number; first: string }> = {
  mean: { label: "Mean of the last rows: how many", least: 1, first: "10" },
  at: { label: "Value at the step", least: 0, first: "0" },
  filter: { label: "Filter by", least: 0, first: "" },
};

function HeadForm({ workspace, column, at, form, onClose }: HeadMenuProps & { form: Form }): JSX.Element {
  const { label, least, first } = ASKED[form];
  const metric = column.metric;
  const [text, setText] = useState(form !== "filter" && metric?.stat === (form as Stat) && metric.n !== undefined ? String(metric.n) : first);
  const [op, setOp] = useState(column.numeric ? ">" : "=");
  const number = Math.round(Number(text));
  const fine = form === "filter" ? text.trim() !== "" : text.trim() !== "" && Number.isSafeInteger(number) && number >= least;
  const done = () => {
    if (!fine) return;
    if (form === "filter") workspace.setView({ q: withTerm(workspace.view.peek().q, column.field, op + written(text.trim(), column.numeric)) });
    else swapColumn(workspace, column.field, metricField(form, metric!.key, number));
    onClose();
  };
  return (
    <Popup label={label} at={at} class="panel head-form" onClose={onClose}>
      <form onSubmit={(event) => (event.preventDefault(), done())}>
        <label>{form === "filter" ? column.field : label}</label>
        {form === "filter" && <select aria-label="How it compares" value={op} onChange={(event) => setOp(event.currentTarget.value)}>{[">", ">=", "<", "<=", "=", "!=", ":"].map((one) => <option key={one} value={one}>{one === ":" ? "contains" : one}</option>)}</select>}
        <input autofocus aria-label={form === "filter" ? "Value" : label} type={form === "filter" ? "text" : "number"} min={least} step={1} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        <Button kind="primary" disabled={!fine} onClick={done}>{form === "filter" ? "Filter" : "Show"}</Button>
      </form>
    </Popup>
  );
}

/** Write a value as the grammar wants it. */
const written = (text: string, numeric: boolean): string => ((numeric && Number.isFinite(Number(text))) || /^[\w.+-]+$/.test(text) ? text : `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);
