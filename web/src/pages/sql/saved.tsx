// Saved queries: kept on the server under a name that later statements can read FROM; looked into, renamed and deleted here.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { readOnly } from "../../app/store.ts";
import { send, withQuery } from "../../core/api.ts";
import { asProblem } from "../../core/state.ts";
import type { SavedView, SavedViews, SqlView } from "../../core/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dropdown, Menu, type MenuItem } from "../../ui/menu.tsx";
import { say, sayFailed } from "../../ui/toast.tsx";

/** Keeps a query, or gives one another name (`was`); throws Problem. */
export const keep = (name: string, query: string, project: string | null, was: string | null = null): Promise<SavedViews> => send<SavedViews>("PUT", `/api/sql/views/${encodeURIComponent(name)}`, { query, project, was });

const forget = (name: string, project: string | null): Promise<SavedViews> => send<SavedViews>("DELETE", withQuery(`/api/sql/views/${encodeURIComponent(name)}`, { project }), {});

/** Return what completion knows: the views of the store, and the saved ones. */
export const allViews = (views: readonly SqlView[], saved: readonly SavedView[]): SqlView[] => [...saved.map(({ name, columns }) => ({ name, columns })), ...views];

/** A name that nothing has, for a first try. */
export function freeName(saved: readonly SavedView[]): string {
  const taken = new Set(saved.map((one) => one.name.toLowerCase()));
  for (let n = 1; ; n += 1) if (!taken.has(`view_${n}`)) return `view_${n}`;
}

interface NameProps {
  label: string;
  first: string;
  done: string;
  save: (name: string) => Promise<void>;
  close: () => void;
}

function Name({ label, first, done, save, close }: NameProps): JSX.Element {
  const [name, setName] = useState(first);
  const [wrong, setWrong] = useState("");
  const act = () => void save(name.trim()).then(close, (error: unknown) => {
    const { message, hint } = asProblem(error);
    setWrong(hint ? `${message}; ${hint}` : message);
  });
  return (
    <form class="save-form" onSubmit={(event) => (event.preventDefault(), act())}>
      <label>{label} <input autofocus class="mono" spellcheck={false} value={name} aria-invalid={wrong !== ""} onInput={(event) => (setName(event.currentTarget.value), setWrong(""))} onFocus={(event) => event.currentTarget.select()} /></label>
      <Button kind="primary" disabled={!name.trim()} onClick={act}>{done}</Button>
      {wrong && <p class="bad wrap" role="alert">{wrong}</p>}
    </form>
  );
}

/** A button that keeps the statement in the editor. */
export function SaveAs({ text, saved, project, onSaved }: { text: string; saved: readonly SavedView[]; project: string | null; onSaved: (views: SavedViews) => void }): JSX.Element | null {
  if (readOnly.value) return null;
  return (
    <Dropdown label="Save as a view" button="Save as view" popupClass="panel">
      {(close) => (
        <Name
          label="Name"
          first={saved.find((one) => one.query.trim() === text.trim())?.name ?? freeName(saved)}
          done="Save"
          close={close}
          save={async (name) => {
            const old = saved.find((one) => one.name.toLowerCase() === name.toLowerCase());
            onSaved(await keep(name, text, project));
            say(`Saved as ${name}: select * from ${name}`, old ? () => void keep(old.name, old.query, project).then(onSaved, sayFailed) : null);
          }}
        />
      )}
    </Dropdown>
  );
}

interface SavedProps {
  saved: readonly SavedView[];
  project: string | null;
  onSaved: (views: SavedViews) => void;
  /** Puts a text into the editor, and runs it where `run`. */
  onOpen: (text: string, run: boolean) => void;
  onPick: (name: string) => void;
}

/** The saved queries above the views of the store. */
export function Saved({ saved, project, onSaved, onOpen, onPick }: SavedProps): JSX.Element | null {
  const [naming, setNaming] = useState<string | null>(null);
  if (!saved.length) return null;
  const remove = (view: SavedView) => void forget(view.name, project).then((views) => (onSaved(views), say(`Deleted ${view.name}`, () => void keep(view.name, view.query, project).then(onSaved, sayFailed))), sayFailed);
  const items = (view: SavedView): MenuItem[] => [
    { text: "Run", onChoose: () => onOpen(`select * from ${view.name}`, true) },
    { text: "Open its text", onChoose: () => onOpen(view.query, false) },
    ...(readOnly.value ? [] : [{ text: "Rename", apart: true, onChoose: () => setNaming(view.name) }, { text: "Delete", danger: true, icon: "trash" as const, onChoose: () => remove(view) }]),
  ];
  return (
    <section aria-label="Saved views">
      <p class="faint">saved</p>
      <ul class="bare saved-views">
        {saved.map((view) => (
          <li key={view.name}>
            {naming === view.name ? (
              <Name label="Name" first={view.name} done="Rename" close={() => setNaming(null)} save={async (name) => onSaved(name === view.name ? { views: [...saved] } : await keep(name, view.query, project, view.name))} />
            ) : (
              <>
                <button type="button" class="plain-text mono cut" title={view.query} onClick={() => onPick(view.name)}>{view.name}</button>
                {view.problem ? <span class="chip bad" title={view.problem}>does not run</span> : <span class="faint">{view.columns.length}</span>}
                <span class="room" />
                <Menu icon="more" label={`Actions on ${view.name}`} items={() => items(view)} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
