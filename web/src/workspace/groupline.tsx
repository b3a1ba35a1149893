// The line of a group: its statistics over all of its runs.
import type { JSX } from "preact";
import { exact, value } from "../core/format.ts";
import type { Group } from "../core/types.ts";
import { Icon } from "../ui/button.tsx";
import type { Column } from "./columns.ts";
import type { Workspace } from "./data.ts";
import { reading, type LineProps } from "./line.tsx";
import { groupName } from "./ranks.ts";
import { statText } from "./spread.ts";

export type GroupLineProps = LineProps & { group: Group; open: boolean; place: number; selected: boolean };

export function GroupLine({ group, open, place, selected, facts, colors, workspace, actions, line }: GroupLineProps): JSX.Element {
  return (
    <>
      <div class="row-fixed" role="gridcell" aria-colindex={1}>
        <input type="checkbox" tabIndex={-1} aria-label={reading(selected, group.label)} checked={selected} onClick={(event) => actions.click(event, line)} />
        <button type="button" class="fold" tabIndex={-1} aria-label={open ? "Fold" : "Unfold"} onClick={() => actions.open(line)}><Icon name={open ? "down" : "right"} size={12} /></button>
        <span class="swatch" style={{ background: colors.value.group(group, place) }} />
        <span class="run-name cut" title={group.label}>{groupName(group, workspace.groups.value?.groups ?? [])}</span>
        <span class="badge faint">n={group.n}</span>
        {group.failed > 0 && <span class="badge bad" title={`${group.failed} failed`}>{group.failed} failed</span>}
      </div>
      {facts.map(({ column, left }, at) => {
        const [text, title] = groupCell(group, column, workspace);
        return <div key={column.field} role="gridcell" aria-colindex={at + 3} class={`table-cell ${column.numeric ? "num" : "cut"} ${text === "" ? "missing" : ""}`} title={title} style={{ left: `${left}px`, width: `${column.width}px` }}>{text}</div>;
      })}
    </>
  );
}

/** Return what a group says in a column: its statistic over all runs, or the value it was grouped by. */
function groupCell(group: Group, column: Column, workspace: Workspace): [string, string | undefined] {
  if (column.metric) {
    const stats = group.fields[column.field];
    return stats ? statText(stats, workspace.view.value.stat) : ["", undefined];
  }
  const given = column.path === undefined ? undefined : group.key[column.path];
  return given === undefined ? ["", undefined] : [value(given), exact(given)];
}
