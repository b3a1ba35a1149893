// All keys, generated from the key table; over a page those that do nothing there are faint.
import type { JSX } from "preact";
import { ACTIONS, SCOPES } from "../core/actions.ts";
import { isBound, keyLabel, keysOf } from "../core/keys.ts";
import { Dialog } from "../ui/dialog.tsx";

export function KeyHelp({ onClose }: { onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" onClose={onClose} class="key-help">
      <KeyTable here />
    </Dialog>
  );
}

export function KeyTable({ here }: { here?: boolean }): JSX.Element {
  return (
    <div class="key-groups">
      {Object.entries(SCOPES).map(([scope, heading]) => (
        <section key={scope}>
          <h3>{heading}</h3>
          <dl>
            {ACTIONS.filter((action) => action.scope === scope).map((action) => (
              <div key={action.id} class={!here || isBound(action.id) ? "" : "faint"}>
                <dt>{keysOf(action.id).map((key) => <kbd key={key}>{keyLabel(key)}</kbd>)}</dt>
                <dd>{action.text}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
