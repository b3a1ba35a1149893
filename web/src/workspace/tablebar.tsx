// The line above the run table: how many runs, by what they are grouped, sorted and coloured, which columns, and what the charts
// show of them, in words.
import type { JSX } from "preact";
import type { ReadonlySignal } from "@preact/signals";
import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";
import { readOnly } from "../app/store.ts";
import { exact, plural } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { formatRoute, go, route } from "../core/route.ts";
import { Button, Icon } from "../ui/button.tsx";
import { Menu, MenuList, type MenuItem } from "../ui/menu.tsx";
import { placeOf, Popup, type Place } from "../ui/popup.tsx";
import { say } from "../ui/toast.tsx";
import type { Actions } from "./actions.ts";
import { metricField, paramField } from "./columns.ts";
import type { Workspace } from "./data.ts";
import type { Colors, Shown } from "./shown.ts";
import { FIRST } from "./view.ts";

const Picker = lazy(() => import("./picker.tsx").then((module) => ({ default: module.Picker })));

type OpenMenu = "group" | "sort" | "columns" | null;

export function TableBar({ workspace, shown, colors, actions }: { workspace: Workspace; shown: ReadonlySignal<Shown>; colors: ReadonlySignal<Colors>; actions: Actions }): JSX.Element {
  const [open, setOpen] = useState<{ what: OpenMenu; at: Place } | null>(null);
  const show = (what: OpenMenu) => () => setOpen({ what, at: placeOf(document.querySelector(`[data-menu="${what}"]`) ?? document.body) });
  useKeys({
    "runs.group": show("group"),
    "runs.sort": show("sort"),
    "runs.columns": show("columns"),
    "run.diff": () => void actions.compare(),
    "run.actions": () => actions.menu(placeOf(document.querySelector(".row.cursor") ?? document.querySelector(".table-bar")!), actions.cursor() ?? null),
  });
  const { view, rows, columns } = workspace;
  const total = rows.value?.total ?? 0;
  const of = columns.value?.total;
  const selected = workspace.allSelected.value ? total : workspace.selected.value.size;
  const same = (columns.value?.params ?? []).filter((param) => !param.varying);
  return (
    <div class="table-bar">
      <span class="counts"><b>{plural(total, "run")}</b>{of !== undefined && of > total ? <span class="faint"> of {of}</span> : null}</span>
      <MenuButton name="group" label="Group runs" open={open?.what === "group"} onClick={show("group")}>{view.value.groupBy.length ? `by ${groupText(view.value.groupBy)}` : "Group"}</MenuButton>
      <Menu label="What colour means" items={() => colorItems(workspace)}><span class="faint">colour</span> <span class="cut">{colors.value.by}</span><Icon name="down" size={12} /></Menu>
      {selected > 0 && <Button kind="plain" onClick={(event) => actions.menu(placeOf(event.currentTarget as Element), null)} action="run.actions" label="Actions on the selected runs">{selected} selected <Icon name="down" size={12} /></Button>}
      {selected > 0 && <Button icon="close" label="Select none" onClick={() => workspace.setView({ selected: [] })} />}
      <span class="spring" />
      {same.length > 0 && <span class="chip faint" title={same.slice(0, 40).map((param) => `${param.path} = ${exact(param.value)}`).join("\n")}>same in all: {same.length}</span>}
      {workspace.hidden.value.size > 0 && <button type="button" class="chip" onClick={() => workspace.setView({ hidden: [] })}>{workspace.hidden.value.size} hidden: show</button>}
      <MenuButton name="sort" label="Sort runs" bare open={open?.what === "sort"} onClick={show("sort")}><span class="faint">sort</span></MenuButton>
      <MenuButton name="columns" label="Choose columns" bare open={open?.what === "columns"} onClick={show("columns")}><Icon name="columns" /></MenuButton>
      <Menu icon="more" label="Views, goal and more" items={() => moreItems(workspace)} />
      {open?.what === "group" && <MenuList label="Group runs" at={open.at} items={groupItems(workspace)} onClose={() => setOpen(null)} />}
      {open?.what === "sort" && <MenuList label="Sort runs" at={open.at} items={sortItems(workspace)} onClose={() => setOpen(null)} />}
      {open?.what === "columns" && (
        <Popup label="Columns" at={open.at} class="panel picker" onClose={() => setOpen(null)}>
          <Suspense fallback={null}><Picker workspace={workspace} /></Suspense>
        </Popup>
      )}
      <ShownLine workspace={workspace} shown={shown.value} />
    </div>
  );
}

function MenuButton({ name, label, open, onClick, children, bare }: { name: string; label: string; open: boolean; onClick: () => void; children: JSX.Element | string; bare?: boolean }): JSX.Element {
  return <span data-menu={name}><Button label={label} expanded={open} action={`runs.${name}`} onClick={onClick}>{children}{!bare && <Icon name="down" size={12} />}</Button></span>;
}

const groupText = (by: readonly string[]): string => (by[0]?.startsWith("-") ? `all but ${by.map((one) => one.slice(1)).join(", ")}` : by.join(", "));

/** Say which runs the charts show, and how to see all. */
function ShownLine({ workspace, shown }: { workspace: Workspace; shown: Shown }): JSX.Element | null {
  const many = shown.groups.length || shown.runs.length;
  const what = shown.groups.length || workspace.view.value.groupBy.length ? "group" : "run";
  if (!many && !shown.total) return null;
  const goal = workspace.goal.value;
  const best = goal && workspace.view.value.sort.length === 0 ? "best" : "first";
  const all = () => workspace.setView({ first: Infinity, selected: [] });
  const top = () => workspace.setView({ first: FIRST, selected: [] });
  return (
    <div class="shown-line faint">
      {shown.rule === "selected" && <>Charts show the {plural(many, `selected ${what}`)}. <button type="button" class="text-button" onClick={top}>Show the {best} {FIRST}</button></>}
      {shown.rule === "first" && <>Charts show the {many} {best} of {shown.total}. <button type="button" class="text-button" onClick={all}>Show all</button></>}
      {shown.rule === "all" && shown.total > FIRST && <>Charts show all {shown.total}. <button type="button" class="text-button" onClick={top}>Show the {best} {FIRST}</button></>}
    </div>
  );
}

function groupItems(workspace: Workspace): MenuItem[] {
  const { groupBy, stat } = workspace.view.value;
  const by = (next: string[]) => () => workspace.setView({ groupBy: next, selected: [] });
  const columns = workspace.columns.value;
  const seeds = columns?.seeds ?? [];
  const without = seeds.map((seed) => `-${seed}`);
  const params = (columns?.params ?? []).filter((param) => param.varying && param.distinct > 1);
  const toggle = (path: string) => by(groupBy.includes(path) ? groupBy.filter((one) => one !== path) : [...groupBy.filter((one) => !one.startsWith("-")), path]);
  const items: MenuItem[] = [];
  if (seeds.length) items.push({ text: `All but ${seeds.join(", ")}`, detail: "mean ± std over seeds", checked: groupBy.join() === without.join(), onChoose: by(groupBy.join() === without.join() ? [] : without) });
  items.push({ text: "No groups", checked: groupBy.length === 0, onChoose: by([]) });
  for (const [place, param] of params.slice(0, 16).entries()) {
    if (seeds.includes(param.path)) continue;
    items.push({ text: param.path, detail: `${param.distinct} values`, checked: groupBy.includes(param.path), stay: false, ...(place === 0 ? { heading: "By parameter (several: one after another)" } : {}), onChoose: toggle(param.path) });
  }
  for (const [place, path] of ["group", "state", "host"].entries()) items.push({ text: path, checked: groupBy.includes(path), apart: place === 0, onChoose: toggle(path) });
  const stats = { mean_std: "mean ± std", mean_sem: "mean ± standard error", median_iqr: "median and quartiles", min_max: "min to max" } as const;
  if (groupBy.length) for (const [place, [key, text]] of Object.entries(stats).entries()) items.push({ text, checked: stat === key, ...(place === 0 ? { heading: "Band and table show" } : {}), onChoose: () => workspace.setView({ stat: key as keyof typeof stats }) });
  return items;
}

function sortItems(workspace: Workspace): MenuItem[] {
  const goal = workspace.goal.value;
  const sort = workspace.sort.value;
  const fields = [...(goal ? [metricField("best", goal.key)] : []), "started", "duration", "name", ...workspace.fields.value.filter((field) => !["started", "duration"].includes(field) && field !== (goal && metricField("best", goal.key)))];
  return fields.slice(0, 18).flatMap((field): MenuItem[] => {
    const falls = field === "started" || field === "duration" || (goal?.direction === "max" && field === metricField("best", goal.key));
    const wanted = (falls ? "-" : "") + field;
    const other = (falls ? "" : "-") + field;
    const on = sort[0] === wanted || sort[0] === other;
    return [{ text: field.replace(/^config\./, ""), detail: sort[0] === wanted ? (falls ? "▾" : "▴") : sort[0] === other ? (falls ? "▴" : "▾") : "", checked: on, onChoose: () => workspace.setView({ sort: [on && sort[0] === wanted ? other : wanted] }) }];
  });
}

function colorItems(workspace: Workspace): MenuItem[] {
  const now = workspace.view.value.colorBy;
  const choice = (text: string, colorBy: string, detail = ""): MenuItem => ({ text, detail, checked: now === colorBy, onChoose: () => workspace.setView({ colorBy }) });
  const params = (workspace.columns.value?.params ?? []).filter((param) => param.varying).slice(0, 12);
  const goal = workspace.goal.value;
  return [
    choice("Automatic", "", "rank above 12 runs"),
    choice("Run", "run", "the same everywhere"),
    choice("Rank", "rank", goal?.key ?? ""),
    choice("State", "state"),
    ...params.map((param, place) => ({ ...choice(param.path, paramField(param.path)), ...(place === 0 ? { heading: "By value" } : {}) })),
  ];
}

function moreItems(workspace: Workspace): MenuItem[] {
  const goal = workspace.goal.value;
  const settings = workspace.settings.value;
  const items: MenuItem[] = [];
  const here = formatRoute(route.value);
  for (const [place, view] of (settings?.views ?? []).entries()) items.push({ text: view.name, ...(place === 0 ? { heading: "Views" } : {}), checked: view.url === here, onChoose: () => go(view.url) });
  if (!readOnly.value) {
    items.push({
      text: "Keep this view",
      icon: "plus",
      onChoose: () => {
        const name = workspace.view.value.q || (workspace.view.value.groupBy.length ? `by ${groupText(workspace.view.value.groupBy)}` : `View ${(settings?.views?.length ?? 0) + 1}`);
        void workspace.saveSettings({ views: [...(settings?.views ?? []), { name: name.slice(0, 60), url: here }] }).then(() => say(`Kept as “${name.slice(0, 60)}”`));
      },
    });
    const kept = (settings?.views ?? []).find((view) => view.url === here);
    if (kept) items.push({ text: `Forget “${kept.name}”`, onChoose: () => void workspace.saveSettings({ views: (settings?.views ?? []).filter((view) => view !== kept) }) });
  }
  items.push({ text: workspace.view.value.archived ? "Leave out archived runs" : "Show archived runs", apart: true, onChoose: () => workspace.setView({ archived: !workspace.view.value.archived }) });
  if (goal && !readOnly.value) items.push({ text: `Goal: ${goal.key}, ${goal.direction === "max" ? "higher" : "lower"} is better`, detail: "turn round", onChoose: () => void workspace.saveSettings({ goal: { ...goal, direction: goal.direction === "max" ? "min" : "max" } }) });
  const metrics = (workspace.columns.value?.metrics ?? []).filter((metric) => metric.numeric && metric.key !== goal?.key).slice(0, 10);
  if (!readOnly.value) for (const [place, metric] of metrics.entries()) items.push({ text: metric.key, ...(place === 0 ? { heading: "Make it the goal metric" } : {}), onChoose: () => void workspace.saveSettings({ goal: { key: metric.key, direction: /loss|err|time|ppl|perplexity|mse|mae/i.test(metric.key) ? "min" : "max" } }) });
  return items;
}
