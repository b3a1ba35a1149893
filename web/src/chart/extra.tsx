// What opens over a chart: itself as large as the window, or its numbers as a table.
import type { JSX } from "preact";
import type { Signal } from "@preact/signals";
import { Dialog } from "../ui/dialog.tsx";
import type { Loaded } from "./load.ts";
import { LineChart } from "./linechart.tsx";
import { Numbers } from "./numbers.tsx";
import type { ChartSource } from "./types.ts";

export type Extra = "" | "full" | "table";

interface ExtraProps {
  kind: Signal<Extra>;
  keys: readonly string[];
  name: string;
  source: ChartSource;
  loaded: Signal<Loaded>;
}

export function ChartExtra({ kind, keys, name, source, loaded }: ExtraProps): JSX.Element {
  const close = () => void (kind.value = "");
  if (kind.value === "full") {
    return (
      <Dialog title={name} onClose={close} class="chart-dialog" bare={false}>
        <LineChart keys={keys} source={source} title={name} height={0} full always />
      </Dialog>
    );
  }
  return (
    <Dialog title={name} onClose={close} class="numbers-dialog">
      <Numbers loaded={loaded} source={source} keys={keys} />
    </Dialog>
  );
}
