// All projects of the store, or how to begin where there is none.
import type { JSX } from "preact";
import { projects } from "../app/store.ts";
import { href } from "../core/route.ts";

export function Page(): JSX.Element {
  return (
    <div class="page">
      <h1>Projects</h1>
      <ul>{(projects.value ?? []).map((one) => <li key={one.name}><a href={href(`/p/${encodeURIComponent(one.name)}`)}>{one.name}</a></li>)}</ul>
    </div>
  );
}
