// How the page looks, which keys it listens to, and what is known of the store. Looks and keys are kept in this browser only.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { info, projects, readOnly } from "../app/store.ts";
import { get, send } from "../core/api.ts";
import { size } from "../core/format.ts";
import { ACTIONS, SCOPES } from "../core/actions.ts";
import { keyLabel, keysOf, ownKeys, pressed } from "../core/keys.ts";
import { useAnswer } from "../core/state.ts";
import { chosenTheme, dateStyle, density } from "../core/theme.ts";
import type { Columns, ProjectSettings } from "../core/types.ts";
import { Button } from "../ui/button.tsx";
import { say, sayFailed } from "../ui/toast.tsx";
import { Asked, Choice, Facts, Select, useTitle } from "./bits.tsx";

export function Page(): JSX.Element {
  useTitle("Settings");
  return (
    <div class="page settings-page">
      <h1>Settings</h1>
      <section aria-label="Look">
        <h2>Look</h2>
        <div class="setting"><span>Theme</span><Choice label="Theme" list={[["auto", "as the system"], ["light", "light"], ["dark", "dark"]]} chosen={chosenTheme.value} onChoose={(one) => (chosenTheme.value = one)} /></div>
        <div class="setting"><span>Density</span><Choice label="Density" list={[["compact", "compact"], ["comfortable", "comfortable"]]} chosen={density.value} onChoose={(one) => (density.value = one)} /></div>
        <div class="setting"><span>Times</span><Choice label="Times" list={[["absolute", "14:02, 20 Nov"], ["age", "2 h ago"]]} chosen={dateStyle.value} onChoose={(one) => (dateStyle.value = one)} /></div>
      </section>
      {(projects.value ?? []).length > 0 && <Goals />}
      <Keys />
      {info.value && (
        <section aria-label="Store">
          <h2>Store</h2>
          <Facts list={[["folder", <bdi class="mono wrap">{info.value.store.root}</bdi>], ["runs", `${info.value.store.runs} in ${info.value.store.projects} projects`], ["size", `${size(info.value.store.journal_bytes)} journals, ${size(info.value.store.sealed_bytes)} tables, ${size(info.value.store.object_bytes)} objects`], ["format", String(info.value.store.format)], ["eventide", info.value.version], ["changes", readOnly.value ? "not allowed here" : "allowed"]]} />
        </section>
      )}
    </div>
  );
}

/** The metric that ranks runs, for each project. */
function Goals(): JSX.Element {
  const list = projects.value ?? [];
  const [name, setName] = useState(list[0]!.name);
  const path = `/api/settings/${encodeURIComponent(name)}`;
  const found = useAnswer(name, async (signal) => {
    const [settings, columns] = await Promise.all([get<ProjectSettings>(path, {}, signal), get<Columns>("/api/columns", { project: name }, signal)]);
    return { settings, columns };
  });
  return (
    <section aria-label="Goal metric">
      <h2>Goal metric</h2>
      <p class="faint">It sorts the runs, colours the curves by rank, and says what better means. Kept with the store.</p>
      <div class="setting">
        <Select label="project" value={name} list={list.map((one) => [one.name, one.name] as const)} onChange={setName} />
        <Asked of={found}>
          {({ settings, columns }) => {
            const goal = settings.goal ?? columns.goal;
            const put = async (next: ProjectSettings["goal"]) => {
              try {
                await send("PUT", path, { ...settings, goal: next });
                found.reload();
                say("Goal kept");
              } catch (error) {
                sayFailed(error);
              }
            };
            return (
              <>
                <Select label="metric" value={goal?.key ?? ""} list={[["", settings.goal ? "guess it" : "none"], ...columns.metrics.filter((one) => one.numeric).map((one) => [one.key, one.key] as const)]} onChange={(key) => void put(key ? { key, direction: goal?.direction ?? "max" } : null)} />
                {goal && <Choice label="Better is" list={[["max", "higher is better"], ["min", "lower is better"]]} chosen={goal.direction} onChoose={(direction) => void put({ key: goal.key, direction })} />}
                {!settings.goal && goal && <span class="faint">guessed</span>}
              </>
            );
          }}
        </Asked>
      </div>
    </section>
  );
}

function Keys(): JSX.Element {
  const [waiting, setWaiting] = useState("");
  const put = (id: string, keys: string[] | null) => {
    const next = { ...ownKeys.peek() };
    if (keys) next[id] = keys;
    else delete next[id];
    ownKeys.value = next;
    setWaiting("");
  };
  const taken = (id: string, key: string) => ACTIONS.find((action) => action.id !== id && keysOf(action.id).includes(key) && (action.scope === ACTIONS.find((one) => one.id === id)?.scope || action.scope === "everywhere"));
  const catchKey = (id: string) => (event: KeyboardEvent) => {
    if (["Shift", "Control", "Alt", "Meta", "Tab"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return setWaiting("");
    const key = pressed(event);
    const other = taken(id, key);
    if (other) say(`${keyLabel(key)} is already “${other.text}”`, null, "failed");
    else put(id, [key]);
  };
  return (
    <section aria-label="Keys">
      <header class="part-head"><h2>Keys</h2><span class="room" />{Object.keys(ownKeys.value).length > 0 && <Button icon="reset" onClick={() => (ownKeys.value = {})}>All as they were</Button>}</header>
      <div class="key-groups">
        {Object.entries(SCOPES).map(([scope, heading]) => (
          <section key={scope}>
            <h3>{heading}</h3>
            <ul class="bare">
              {ACTIONS.filter((action) => action.scope === scope).map((action) => (
                <li key={action.id} class="key-line">
                  <button type="button" class={`key-set ${waiting === action.id ? "is-waiting" : ""}`} aria-describedby={`key-${action.id}`} onClick={() => setWaiting(action.id)} onBlur={() => setWaiting("")} onKeyDown={waiting === action.id ? catchKey(action.id) : undefined}>{waiting === action.id ? "press a key" : keysOf(action.id).map((key) => <kbd key={key}>{keyLabel(key)}</kbd>)}</button>
                  <span id={`key-${action.id}`}>{action.text}</span>
                  {ownKeys.value[action.id] && <Button icon="reset" label={`As it was: ${action.text}`} onClick={() => put(action.id, null)} />}
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
}
