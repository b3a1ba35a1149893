// The line above the run table: how many runs, by what they are grouped, sorted and coloured, which columns, and what the charts
// show of them, in words.
import type { JSX } from "preact";
import type { ReadonlySignal } from "@preact/signals";
import { useState } from "preact/hooks";
import { projects } from "../app/store.ts";
import { count, exact, plural } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { Button, Icon } from "../ui/button.tsx";
import { Menu, MenuList, type MenuItem } from "../ui/menu.tsx";
import { placeOf, type Place } from "../ui/place.ts";
import { later } from "../ui/portal.tsx";
import type { Actions } from "./actions.ts";
import type { Workspace } from "./data.ts";
import type { Colors, Shown } from "./shown.ts";
import { FIRST } from "./view.ts";

const Picker = later(() => import("./picker.tsx").then((module) => module.Picker));
const menus = () => import("./menus.ts");

type OpenMenu = "group" | "sort" | "columns";

export function TableBar({ workspace, shown, colors, actions }: { workspace: Workspace; shown: ReadonlySignal<Shown>; colors: ReadonlySignal<Colors>; actions: Actions }): JSX.Element {
  const [open, setOpen] = useState<{ what: OpenMenu; at: Place; list: MenuItem[] } | null>(null);
  const show = (what: OpenMenu) => async () => {
    const list = what === "columns" ? [] : await menus().then((module) => (what === "group" ? module.groupItems(workspace) : module.sortItems(workspace)));
    setOpen({ what, at: placeOf(document.querySelector(`[data-menu="${what}"]`) ?? document.body), list });
  };
  useKeys({
    "runs.group": () => void show("group")(),
    "runs.sort": () => void show("sort")(),
    "runs.columns": () => void show("columns")(),
    "run.diff": () => void actions.compare(),
    "run.actions": () => void actions.menu(placeOf(document.querySelector(".row.cursor") ?? document.querySelector(".table-bar")!), actions.cursor() ?? null),
  });
  const { view, rows, columns } = workspace;
  const total = rows.value?.total ?? 0;
  const of = projects.value?.find((one) => one.name === workspace.project)?.runs;
  const selected = workspace.allSelected.value ? total : workspace.selected.value.size;
  const same = (columns.value?.params ?? []).filter((param) => !param.varying);
  return (
    <div class="table-bar">
      <span class="counts"><b>{plural(total, "run")}</b>{of !== undefined && of > total && view.value.q ? <span class="faint"> of {count(of)}</span> : null}</span>
      <MenuButton name="group" label="Group runs" open={open?.what === "group"} onClick={show("group")}>{view.value.groupBy.length ? `by ${groupText(view.value.groupBy)}` : "Group"}</MenuButton>
      <Menu label="What colour means" items={() => menus().then((module) => module.colorItems(workspace))}><span class="faint">colour</span> <span class="cut">{colors.value.by}</span><Icon name="down" size={12} /></Menu>
      {selected > 0 && <Button kind="plain" onClick={(event) => void actions.menu(placeOf(event.currentTarget as Element), null)} action="run.actions" label="Actions on the selected runs">{selected} selected <Icon name="down" size={12} /></Button>}
      {selected > 0 && <Button icon="close" label="Select none" onClick={() => workspace.setView({ selected: [] })} />}
      <span class="spring" />
      {same.length > 0 && <span class="chip faint" title={same.slice(0, 40).map((param) => `${param.path} = ${exact(param.value)}`).join("\n")}>same in all: {same.length}</span>}
      {workspace.hidden.value.size > 0 && <button type="button" class="chip" onClick={() => workspace.setView({ hidden: [] })}>{workspace.hidden.value.size} hidden: show</button>}
      <MenuButton name="sort" label="Sort runs" bare open={open?.what === "sort"} onClick={show("sort")}><span class="faint">sort</span></MenuButton>
      <MenuButton name="columns" label="Choose columns" bare open={open?.what === "columns"} onClick={show("columns")}><Icon name="columns" /></MenuButton>
      <Menu icon="more" label="Views, goal and more" items={() => menus().then((module) => module.moreItems(workspace))} />
      {open && open.what !== "columns" && <MenuList label={open.what === "group" ? "Group runs" : "Sort runs"} at={open.at} items={open.list} onClose={() => setOpen(null)} />}
      {open?.what === "columns" && (
        <Picker workspace={workspace} at={open.at} onClose={() => setOpen(null)} />
      )}
      <ShownLine workspace={workspace} shown={shown.value} />
    </div>
  );
}

function MenuButton({ name, label, open, onClick, children, bare }: { name: string; label: string; open: boolean; onClick: () => unknown; children: JSX.Element | string; bare?: boolean }): JSX.Element {
  return <span data-menu={name}><Button label={label} expanded={open} action={`runs.${name}`} onClick={() => void onClick()}>{children}{!bare && <Icon name="down" size={12} />}</Button></span>;
}

/** Say by what runs are grouped. */
export const groupText = (by: readonly string[]): string => (by[0]?.startsWith("-") ? `all but ${by.map((one) => one.slice(1)).join(", ")}` : by.join(", "));

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
      {shown.rule === "first" && <>Charts show the {count(many)} {best} of {count(shown.total)}. <button type="button" class="text-button" onClick={all}>Show all</button></>}
      {shown.rule === "all" && shown.total > FIRST && <>Charts show all {count(shown.total)}. <button type="button" class="text-button" onClick={top}>Show the {best} {FIRST}</button></>}
    </div>
  );
}

