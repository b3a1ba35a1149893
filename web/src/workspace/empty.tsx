// What is shown before the first run: three lines that work when pasted, and the run itself as soon as it appears.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { info, loadStore, readOnly } from "../app/store.ts";
import { send } from "../core/api.ts";
import { Button } from "../ui/button.tsx";
import { copy, sayFailed } from "../ui/toast.tsx";

export function Empty({ project }: { project: string }): JSX.Element {
  const [making, setMaking] = useState(false);
  const root = info.value?.store.root ?? "";
  const store = /^(\/|[A-Za-z]:)/.test(root) ? `, dir=${JSON.stringify(root)}` : "";
  const lines = `import eventide\n\nrun = eventide.init(project=${JSON.stringify(project || "demo")}, config={"lr": 1e-3}${store})\nfor step in range(100):\n    run.log({"loss": 1 / (step + 1)})\nrun.finish()\n`;
  const demo = async () => {
    setMaking(true);
    try {
      await send("POST", "/api/demo", {});
      await loadStore();
    } catch (error) {
      sayFailed(error);
    }
    setMaking(false);
  };
  return (
    <div class="page empty">
      <h1>{project ? `Nothing in ${project} yet` : "No runs yet"}</h1>
      <p>Log something from Python, and it appears here by itself:</p>
      <div class="snippet">
        <pre><code>{lines}</code></pre>
        <Button icon="copy" label="Copy" onClick={() => void copy(lines)} />
      </div>
      {root && <p class="faint">This page looks at <code>{root}</code></p>}
      <p class="empty-wait"><span class="live-dot beating" aria-hidden="true" /> waiting for the first run…</p>
      {!readOnly.value && info.value?.store.runs === 0 && <Button kind="plain" disabled={making} onClick={() => void demo()}>{making ? "Making…" : "Create a demo"}</Button>}
    </div>
  );
}
