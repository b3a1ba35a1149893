// Words at a step of a run, such as "learning rate halved": written, changed and taken away. Loaded when it is opened.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { readOnly } from "../app/store.ts";
import { bytes, send } from "../core/api.ts";
import { decode, type Note } from "../core/series.ts";
import { asProblem } from "../core/state.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { opened } from "../ui/opened.ts";
import { say } from "../ui/toast.tsx";
import type { TipRow } from "./tiprows.ts";
import type { ChartSource, Drawn, Line } from "./types.ts";

/** Open the dialog for the run and step at the crosshair, or for the last step of the run drawn on top. */
export function annotate({ state, source }: { state: Drawn; source: ChartSource }, tip: { rows: readonly TipRow[] } | null): void {
  const lines = [...state.lines].reverse().filter((line, place, all) => line.runId && all.findIndex((other) => other.runId === line.runId) === place);
  if (readOnly.value || source.table === "system") return;
  if (!lines.length) return say("Words stand at a step of a run; these are groups of runs.");
  const row = tip?.rows[0];
  const line = lines.find((one) => one.runId === row?.line.runId) ?? lines[0]!;
  const step = source.view.peek().x === "step" ? Math.max(0, Math.round((row ? row.line.x[row.at] : line.x[line.x.length - 1]) ?? 0)) : 0;
  opened((close) => <Annotate lines={lines} first={line.runId} step={step} source={source} onClose={close} />);
}

interface AnnotateProps {
  lines: readonly Line[];
  first: string;
  step: number;
  source: ChartSource;
  onClose: () => void;
}

function Annotate({ lines, first, step: at, source, onClose }: AnnotateProps): JSX.Element {
  const [run, setRun] = useState(first);
  const [step, setStep] = useState(String(at));
  const [words, setWords] = useState("");
  const [id, setId] = useState<string | null>(null);
  const [notes, setNotes] = useState<Note[]>([]);
  const [problem, setProblem] = useState("");
  const [writes, setWrites] = useState(0);
  useEffect(() => {
    // An answer that comes after another run was chosen would put that run's words below this one.
    const asked = new AbortController();
    void bytes("/api/series", { run_ids: [run], keys: [lines[0]!.key], width: 1, robust: false }, asked.signal).then(
      (got) => got && !asked.signal.aborted && setNotes(decode(got.buffer).annotations),
      (error: unknown) => asked.signal.aborted || setProblem(asProblem(error).message),
    );
    return () => asked.abort();
  }, [run, writes]);
  const write = async (change: { run_id: string; step: number; text: string; id?: string | null }): Promise<boolean> => {
    try {
      await send("POST", "/api/annotations", change);
      return true;
    } catch (error) {
      setProblem(asProblem(error).message);
      return false;
    }
  };
  const save = async () => {
    const number = Number(step);
    if (!Number.isInteger(number) || number < 0 || step.trim() === "") return setProblem("A step is a whole number of 0 or more.");
    if (!words.trim()) return setProblem("Write a few words.");
    if (await write({ run_id: run, step: number, text: words, id })) onClose();
  };
  const remove = async (note: Note) => {
    if (await write({ run_id: run, step: note.step, text: "", id: note.id })) setWrites(writes + 1);
  };
  const names = new Map(source.runs.peek().map((one) => [one.id, one.name]));
  return (
    <Dialog title="Annotate a step" onClose={onClose} class="chart-editor" actions={<><Button kind="plain" onClick={onClose}>Cancel</Button><Button kind="primary" onClick={() => void save()}>{id ? "Change" : "Annotate"}</Button></>}>
      <form onSubmit={(event) => (event.preventDefault(), void save())}>
        <div class="editor-line">
          <select aria-label="Run" class="wide" value={run} onChange={(event) => (setRun(event.currentTarget.value), setId(null), setNotes([]))}>
            {lines.map((line) => <option key={line.runId} value={line.runId}>{names.get(line.runId) ?? line.label}</option>)}
          </select>
          <label class="editor-line">step <input type="text" inputMode="numeric" size={9} value={step} onInput={(event) => setStep(event.currentTarget.value)} /></label>
        </div>
        <input type="text" class="wide" autofocus maxLength={500} aria-label="Words" placeholder="learning rate halved" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        {notes.length > 0 && (
          <ul class="editor-notes" aria-label="Words at steps of this run">
            {notes.map((note) => (
              <li key={note.id}>
                <span class="faint num">{note.step}</span>
                <button type="button" class="text-button" title="Change it" onClick={() => (setId(note.id), setWords(note.text), setStep(String(note.step)))}>{note.text}</button>
                <Button icon="close" label={`Remove “${note.text}”`} onClick={() => void remove(note)} />
              </li>
            ))}
          </ul>
        )}
        {problem && <p class="editor-problem" role="alert">{problem}</p>}
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
