// Asks which tags many runs should get or lose.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { tagging } from "./actions.ts";
import { change } from "./editing.ts";

export function TagDialog(): JSX.Element | null {
  const [text, setText] = useState("");
  const now = tagging.value;
  if (!now) return null;
  const { workspace, run_ids, what } = now;
  const tags = text.split(/[,\s]+/).filter(Boolean);
  const close = () => {
    tagging.value = null;
    setText("");
  };
  const apply = (add: boolean) => {
    if (!tags.length) return;
    const edit = add ? { add_tags: tags } : { remove_tags: tags };
    const back = add ? { remove_tags: tags } : { add_tags: tags };
    void change(workspace, { run_ids, ...edit }, `${add ? "Tagged" : "Untagged"} ${what}`, [{ run_ids, ...back }]);
    close();
  };
  return (
    <Dialog title={`Tag ${what}`} onClose={close} actions={<><Button kind="plain" onClick={() => apply(false)}>Remove</Button><Button kind="primary" onClick={() => apply(true)}>Add</Button></>}>
      <input type="text" autofocus class="wide" aria-label="Tags" placeholder="Tags, with commas or spaces between" list="known-tags" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && apply(true)} />
      <datalist id="known-tags">{(workspace.columns.value?.tags ?? []).map((tag) => <option key={tag.tag} value={tag.tag} />)}</datalist>
    </Dialog>
  );
}
