// Chooses columns: searched by name, kept in the order in which they stand, metrics with the number that is shown of them.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { readOnly } from "../app/store.ts";
import { ranked } from "../core/fuzzy.ts";
import { Button } from "../ui/button.tsx";
import type { Place } from "../ui/place.ts";
import { Popup } from "../ui/popup.tsx";
import { metricField, paramField, RUN_COLUMNS, toColumn, type Stat } from "./columns.ts";
import type { Workspace } from "./data.ts";
import { STATS } from "./stats.ts";

interface Choice {
  field: string;
  text: string;
  kind: "metric" | "parameter" | "run";
  detail: string;
}

const MOST = 60;

export function Picker({ workspace, at, onClose }: { workspace: Workspace; at: Place; onClose: () => void }): JSX.Element {
  return (
    <Popup label="Columns" at={at} class="panel picker" onClose={onClose}>
      <Body workspace={workspace} />
    </Popup>
  );
}

function Body({ workspace }: { workspace: Workspace }): JSX.Element {
  const [text, setText] = useState("");
  const [varying, setVarying] = useState(false);
  const fields = workspace.fields.value;
  const set = (columns: string[]) => workspace.setView({ columns }, { replace: true });
  const found = ranked(text, choices(workspace, varying), (choice) => choice.text).filter((choice) => !fields.includes(choice.field));
  const move = (from: number, to: number) => {
    const next = [...fields];
    const [one] = next.splice(from, 1);
    next.splice(Math.max(0, Math.min(next.length, to)), 0, one!);
    set(next);
  };
  return (
    <div class="picker-body">
      <input type="search" autofocus placeholder="Find a column" aria-label="Find a column" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && found[0] && (set([...fields, found[0].field]), setText(""))} />
      <label class="faint"><input type="checkbox" checked={varying} onChange={() => setVarying(!varying)} /> only what varies</label>
      {!text && (
        <ul class="picker-list" aria-label="Shown columns">
          {fields.map((field, place) => <ShownColumn key={field} field={field} workspace={workspace} place={place} onMove={move} onChange={(next) => set(fields.flatMap((one) => (one === field ? next : [one])))} />)}
        </ul>
      )}
      <ul class="picker-list" aria-label="Further columns">
        {found.slice(0, MOST).map((choice) => (
          <li key={choice.field}>
            <label class="cut" title={choice.field}><input type="checkbox" checked={false} onChange={() => set([...fields, choice.field])} /> {choice.text}</label>
            <span class="faint">{choice.detail}</span>
          </li>
        ))}
        {found.length > MOST && <li class="faint">and {found.length - MOST} more: type to find them</li>}
      </ul>
      <div class="picker-foot">
        <Button kind="plain" onClick={() => workspace.setView({ columns: [] })}>Default columns</Button>
        {!readOnly.value && <Button kind="plain" onClick={() => void workspace.saveSettings({ columns: fields })}>Keep for this project</Button>}
      </div>
    </div>
  );
}

function ShownColumn({ field, workspace, place, onMove, onChange }: { field: string; workspace: Workspace; place: number; onMove: (from: number, to: number) => void; onChange: (next: string[]) => void }): JSX.Element {
  const column = toColumn(field, workspace.columns.value, workspace.goal.value);
  return (
    <li
      draggable
      onDragStart={(event) => event.dataTransfer?.setData("text/plain", String(place))}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => (event.preventDefault(), onMove(Number(event.dataTransfer?.getData("text/plain")), place))}
    >
      <label class="cut" title={field}><input type="checkbox" checked onChange={() => onChange([])} /> {column.metric ? column.metric.key : column.before + column.title}</label>
      {column.metric && (
        <select aria-label={`Which number of ${column.metric.key}`} value={column.metric.stat + (column.metric.n === undefined ? "" : ",")} onChange={(event) => onChange([numberField(event.currentTarget.value, column.metric!.key)])}>
          {STATS.map((stat) => <option key={stat} value={stat}>{stat}</option>)}
          <option value="mean,">mean of last</option>
          <option value="at,">at step</option>
        </select>
      )}
      {column.metric?.n !== undefined && <input class="picker-n" type="number" min={column.metric.stat === "at" ? 0 : 1} aria-label={column.metric.stat === "at" ? "Step" : "How many of the last rows"} value={column.metric.n} onChange={(event) => event.currentTarget.value && event.currentTarget.checkValidity() && onChange([metricField(column.metric!.stat, column.metric!.key, Math.round(Number(event.currentTarget.value)))])} />}
      <Button icon="up" label={`Move ${column.title} to the left`} disabled={place === 0} onClick={() => onMove(place, place - 1)} />
    </li>
  );
}

/** Return the field of a number chosen by name; one with a comma needs a count or a step, which begins somewhere. */
const numberField = (chosen: string, key: string): string => (chosen.endsWith(",") ? metricField(chosen.slice(0, -1) as Stat, key, chosen === "at," ? 0 : 10) : metricField(chosen as Stat, key));

function choices(workspace: Workspace, varying: boolean): Choice[] {
  const columns = workspace.columns.value;
  const metrics = (columns?.metrics ?? []).map(({ key, runs, numeric }): Choice => ({ field: metricField(workspace.goal.value?.key === key || !numeric ? "best" : "last", key), text: key, kind: "metric", detail: `${runs} runs` }));
  const params = (columns?.params ?? []).filter((param) => !varying || param.varying).map((param): Choice => ({ field: paramField(param.path), text: param.path, kind: "parameter", detail: param.varying ? `${param.distinct} values` : "same in all" }));
  return [...metrics, ...params, ...RUN_COLUMNS.map((field): Choice => ({ field, text: field, kind: "run", detail: "run" }))];
}
