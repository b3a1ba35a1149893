// What a chart is made of: metrics and expressions, a range of y, lines for reference. Loaded when it is opened.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get } from "../core/api.ts";
import { asProblem } from "../core/state.ts";
import type { Parsed } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { opened } from "../ui/opened.ts";
import { keyOf, offers, ownOf, withOwn, type Own } from "./own.ts";
import { titleOf, type ChartSource } from "./types.ts";

/** Open the dialog for a chart; null: for a new one. */
export const editChart = (keys: readonly string[] | null, source: ChartSource): void => opened((close) => <Editor keys={keys} source={source} onClose={close} />);

interface Typed {
  value: string;
  label: string;
}

const text = (value: number | null): string => (value === null ? "" : String(value));
const replaced = <T,>(list: readonly T[], place: number, by: T): T[] => list.map((one, other) => (other === place ? by : one));
const read = (typed: string): number | null => (typed.trim() === "" ? null : Number(typed));

function Editor({ keys, source, onClose }: { keys: readonly string[] | null; source: ChartSource; onClose: () => void }): JSX.Element {
  const metrics = source.keys.value;
  const own = ownOf(keys ?? [], source.view.value);
  const [parts, setParts] = useState<string[]>(keys ? keys.map(titleOf) : [""]);
  const [at, setAt] = useState(0);
  const [low, setLow] = useState(text(own.low));
  const [high, setHigh] = useState(text(own.high));
  const [lines, setLines] = useState<Typed[]>(own.references.map(({ value, label }) => ({ value: String(value), label })));
  const [problem, setProblem] = useState("");
  const canEdit = source.edit !== undefined;

  const save = async () => {
    const next = [...new Set(parts.map((part) => keyOf(part, metrics)).filter(Boolean))];
    const range = [read(low), read(high)];
    const references = lines.filter((line) => line.value.trim()).map(({ value, label }) => ({ value: Number(value), label: label.trim().slice(0, 60) }));
    if (!next.length) return setProblem("Name a metric or an expression.");
    if ([...range, ...references.map((one) => one.value)].some((value) => value !== null && !Number.isFinite(value))) return setProblem("Ranges and lines are numbers, such as 0.95 or 1e-3.");
    if (range[0] !== null && range[1] !== null && range[0]! >= range[1]!) return setProblem("The range of y begins below its end.");
    for (const key of next.filter((one) => one.startsWith("="))) {
      const said = await get<Parsed>("/api/parse/expression", { text: titleOf(key), project: source.project }).catch((error) => ({ ok: false, message: asProblem(error).message, hint: null }));
      if (!said.ok) return setProblem(`${said.message}${said.hint ? `: ${said.hint}` : ""}`);
    }
    const made: Own = { low: range[0]!, high: range[1]!, references };
    onClose();
    const change = withOwn(keys ?? next, next, made, source.view.peek());
    if (change.yr !== (source.view.peek().yr ?? "") || change.ref !== (source.view.peek().ref ?? "")) source.setView(change);
    if (canEdit && next.join("+") !== keys?.join("+")) source.edit!(keys, next);
  };

  return (
    <Dialog title={keys ? "Edit the chart" : "New chart"} onClose={onClose} class="chart-editor" actions={<><Button kind="plain" onClick={onClose}>Cancel</Button><Button kind="primary" onClick={() => void save()}>{keys ? "Apply" : "Add"}</Button></>}>
      <form onSubmit={(event) => (event.preventDefault(), void save())}>
        <fieldset disabled={!canEdit}>
          <legend>Metrics and expressions</legend>
          {parts.map((part, place) => (
            <div class="editor-line" key={place}>
              <input type="text" class="wide mono" autofocus={place === parts.length - 1} list="editor-metrics" aria-label={`Metric or expression ${place + 1}`} placeholder="val/acc, or train/loss - val/loss" value={part} onFocus={() => setAt(place)} onInput={(event) => setParts(replaced(parts, place, event.currentTarget.value))} />
              {parts.length > 1 && <Button icon="close" label={`Remove ${part || "this line"}`} onClick={() => setParts(parts.filter((_, other) => other !== place))} />}
            </div>
          ))}
          <datalist id="editor-metrics">{offers(parts[at] ?? "", metrics).map((key) => <option key={key} value={key} />)}</datalist>
          {canEdit && <Button kind="plain" icon="plus" onClick={() => setParts([...parts, ""])}>Another one</Button>}
          <p class="faint">+ − * / ^ and abs, sqrt, exp, log, log2, log10, min, max; spaces around − and / between names; `back-ticks` around names with spaces. Computed from every logged point.</p>
        </fieldset>
        <fieldset>
          <legend>Range of y</legend>
          <div class="editor-line">
            <input type="text" inputMode="decimal" aria-label="Lowest y" placeholder="automatic" value={low} onInput={(event) => setLow(event.currentTarget.value)} />
            <span class="faint">to</span>
            <input type="text" inputMode="decimal" aria-label="Highest y" placeholder="automatic" value={high} onInput={(event) => setHigh(event.currentTarget.value)} />
          </div>
        </fieldset>
        <fieldset>
          <legend>Lines for reference</legend>
          {lines.map((line, place) => (
            <div class="editor-line" key={place}>
              <input type="text" inputMode="decimal" autofocus aria-label={`Value of line ${place + 1}`} placeholder="0.95" value={line.value} onInput={(event) => setLines(replaced(lines, place, { ...line, value: event.currentTarget.value }))} />
              <input type="text" class="wide" aria-label={`Name of line ${place + 1}`} placeholder="what it is" value={line.label} onInput={(event) => setLines(replaced(lines, place, { ...line, label: event.currentTarget.value }))} />
              <Button icon="close" label={`Remove line ${place + 1}`} onClick={() => setLines(lines.filter((_, other) => other !== place))} />
            </div>
          ))}
          <Button kind="plain" icon="plus" onClick={() => setLines([...lines, { value: "", label: "" }])}>A line</Button>
        </fieldset>
        {problem && <p class="editor-problem" role="alert">{problem}</p>}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
