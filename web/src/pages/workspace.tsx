// The workspace: the run table and the charts of the shown runs.
import type { JSX } from "preact";
import type { PageProps } from "./index.ts";

export function Page({ params }: PageProps): JSX.Element {
  return <div class="page"><h1>{params["project"]}</h1></div>;
}
