// Where the page starts.
import { render } from "preact";
import { preload, Shell } from "./app/shell.tsx";
import { startStore } from "./app/store.ts";
import { startKeys } from "./core/keys.ts";
import { startLive } from "./core/live.ts";
import { startRouting } from "./core/route.ts";
import { startTheme } from "./core/theme.ts";

startRouting();
startTheme();
preload();
startStore();
startKeys();
render(<Shell />, document.getElementById("app")!);
startLive();
