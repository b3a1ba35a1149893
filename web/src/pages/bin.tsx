// What was deleted and can still come back. Removing for ever asks for a typed name where more than ten runs would go.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { readOnly } from "../app/store.ts";
import { get, send } from "../core/api.ts";
import { age, dateTime, plural, size } from "../core/format.ts";
import { useKeys } from "../core/keys.ts";
import { useAnswer } from "../core/state.ts";
import type { Purged, Run, RunsAnswer } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { say, sayFailed } from "../ui/toast.tsx";
import { Asked, Nothing, RunLink, Status, useTitle } from "./bits.tsx";

const MANY = 10;
const KEPT_DAYS = 30;

export function Page(): JSX.Element {
  useTitle("Bin");
  const found = useAnswer("bin", (signal) => get<RunsAnswer>("/api/runs", { deleted: true, archived: true, limit: 5000, keys: "-", details: false }, signal));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asking, setAsking] = useState<readonly Run[] | null>(null);
  const runs = found.answer.value.data?.runs.filter((run) => run.deleted !== null).sort((a, b) => b.deleted! - a.deleted!) ?? [];
  const picked = runs.filter((run) => chosen.has(run.id));
  const toggle = (id: string) => setChosen((old) => { const next = new Set(old); if (!next.delete(id)) next.add(id); return next; });
  const all = () => setChosen(picked.length === runs.length ? new Set() : new Set(runs.map((run) => run.id)));
  const restore = async (list: readonly Run[]) => {
    const run_ids = list.map((run) => run.id);
    try {
      await send("PATCH", "/api/runs", { run_ids, deleted: false });
      setChosen(new Set());
      found.reload();
      say(`${plural(list.length, "run")} restored`, async () => (await send("PATCH", "/api/runs", { run_ids, deleted: true }), found.reload()));
    } catch (error) {
      sayFailed(error);
    }
  };
  useKeys({ "run.select_all": all });
  return (
    <div class="page">
      <header class="part-head">
        <h1>Bin</h1>
        <span class="faint">{runs.length > 0 && `${plural(runs.length, "run")}, kept for ${KEPT_DAYS} days`}</span>
        <span class="room" />
        {!readOnly.value && runs.length > 0 && (
          <>
            <Button kind="plain" icon="reset" disabled={!picked.length} onClick={() => void restore(picked)}>Restore{picked.length ? ` ${picked.length}` : ""}</Button>
            <Button kind="danger" icon="trash" onClick={() => setAsking(picked.length ? picked : runs)}>{picked.length ? `Remove ${picked.length} for ever` : "Empty the bin"}</Button>
          </>
        )}
      </header>
      <Asked of={found}>
        {() => runs.length ? (
          <table class="plain bin-table">
            <thead><tr><th scope="col"><input type="checkbox" aria-label="Choose all" checked={picked.length === runs.length} onChange={all} /></th><th scope="col">run</th><th scope="col">project</th><th scope="col">state</th><th scope="col">started</th><th scope="col">deleted</th><th scope="col"><span class="hidden-text">actions</span></th></tr></thead>
            <tbody>
              {runs.slice(0, 1000).map((run) => (
                <tr key={run.id}>
                  <td><input type="checkbox" aria-label={`Choose ${run.name}`} checked={chosen.has(run.id)} onChange={() => toggle(run.id)} /></td>
                  <td><RunLink run={run} /></td><td><bdi class="cut">{run.project}</bdi></td><td><Status status={run.status} /></td><td title={dateTime(run.started)}>{age(run.started)}</td><td title={dateTime(run.deleted!)}>{age(run.deleted!)}</td>
                  <td>{!readOnly.value && <Button icon="reset" onClick={() => void restore([run])} label={`Restore ${run.name}`}>Restore</Button>}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : <Nothing what="The bin is empty" how="Deleted runs lie here until they are restored or removed for ever." />}
      </Asked>
      {asking && <Purge runs={asking} onClose={() => setAsking(null)} onDone={() => (setAsking(null), setChosen(new Set()), found.reload())} />}
    </div>
  );
}

function Purge({ runs, onClose, onDone }: { runs: readonly Run[]; onClose: () => void; onDone: () => void }): JSX.Element {
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const projects = [...new Set(runs.map((run) => run.project))];
  const wanted = projects.length === 1 ? projects[0]! : "purge";
  const ready = !busy && (runs.length <= MANY || typed === wanted);
  const go = async () => {
    setBusy(true);
    try {
      const done = await send<Purged>("POST", "/api/purge", { run_ids: runs.map((run) => run.id), confirm: "purge" });
      say(`${plural(done.runs.length, "run")} removed, ${size(done.size_bytes)} freed`);
      onDone();
    } catch (error) {
      sayFailed(error);
      setBusy(false);
    }
  };
  return (
    <Dialog title={`Remove ${plural(runs.length, "run")} for ever?`} onClose={onClose} actions={<><Button kind="plain" onClick={onClose}>Keep them</Button><Button kind="danger" icon="trash" disabled={!ready} onClick={() => void go()}>Remove for ever</Button></>}>
      <p>Their rows, console, code and media are deleted from the disk. This cannot be undone.</p>
      <ul class="purge-list">{runs.slice(0, 5).map((run) => <li key={run.id}><bdi>{run.name}</bdi></li>)}{runs.length > 5 && <li class="faint">and {runs.length - 5} more</li>}</ul>
      {runs.length > MANY && <label>Type <b><bdi>{wanted}</bdi></b> to go on <input class="wide" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></label>}
    </Dialog>
  );
}
