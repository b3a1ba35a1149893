// What a part of the page shows while its data is not there: that it comes, or why it did not.
import type { JSX } from "preact";
import type { FailureProps } from "./failed.tsx";
import { later } from "./portal.tsx";

export const Failure = later<FailureProps>(() => import("./failed.tsx").then((module) => module.Failure));

/** Said after 150 ms only: what is quick needs no word. */
export function Waiting({ what = "Loading" }: { what?: string }): JSX.Element {
  return <div class="waiting" role="status">{what}…</div>;
}
