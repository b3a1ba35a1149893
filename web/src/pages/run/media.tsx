// The media of one run: every key over its steps.
import type { JSX } from "preact";
import { MediaGrid } from "../media/grid.tsx";
import type { TabProps } from "../run.tsx";

export function MediaTab({ run }: TabProps): JSX.Element {
  return <MediaGrid runs={[run]} changed={run.files["media"] ?? 0} />;
}
