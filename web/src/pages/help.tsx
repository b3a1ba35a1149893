// How the page is used: the keys, from the table both programs share, and the language of the filter.
import type { JSX } from "preact";
import { KeyTable } from "../app/keyhelp.tsx";
import { href } from "../core/route.ts";
import { useTitle } from "./bits.tsx";
import { plainExamples } from "./helptext.ts";

export function Page(): JSX.Element {
  useTitle("Help");
  return (
    <div class="page help-page">
      <h1>Help</h1>
      <section aria-label="The filter">
        <h2>The filter</h2>
        <p>One language everywhere: here, in <code>eventide runs</code>, in the terminal UI and in Python. While you type, fields and then their values are offered, with the number of runs.</p>
        <table class="plain help-examples"><tbody>{plainExamples.map(([text, what]) => <tr key={text}><th scope="row"><code>{text}</code></th><td>{what}</td></tr>)}</tbody></table>
      </section>
      <section aria-label="What is where">
        <h2>What is where</h2>
        <p>The address is the view: copy it (<kbd>y</kbd>) and whoever opens it sees what you see. The back button undoes zoom, filter and page.</p>
        <p>Charts send no more than the pixels need, and ask again on zoom. Spikes stay visible at every zoom; values that are not finite are gaps with a mark. <i>18 above</i> on a chart says how many points lie outside of the shown range, and shows them when clicked.</p>
        <p>Deleted runs lie in the <a href={href("/bin")}>bin</a>. Anything else is in <a href={href("/sql")}>SQL</a>, read-only.</p>
      </section>
      <section aria-label="Keys"><h2>Keys</h2><p class="faint">They can be changed in the <a href={href("/settings")}>settings</a>.</p><KeyTable /></section>
    </div>
  );
}
