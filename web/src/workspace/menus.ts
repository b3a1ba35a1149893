// What the menus above the run table offer; loaded when the first of them is opened.
import { readOnly } from "../app/store.ts";
import { formatRoute, go, route } from "../core/route.ts";
import type { MenuItem } from "../ui/menu.tsx";
import { say } from "../ui/toast.tsx";
import { metricField, paramField } from "./columns.ts";
import type { Workspace } from "./data.ts";
import { groupText } from "./tablebar.tsx";

export function groupItems(workspace: Workspace): MenuItem[] {
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

export function sortItems(workspace: Workspace): MenuItem[] {
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

export function colorItems(workspace: Workspace): MenuItem[] {
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

export function moreItems(workspace: Workspace): MenuItem[] {
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
