// Where the page starts.
import { render } from "preact";
import { preload, Shell } from "./app/shell.tsx";
import { startStore } from "./app/store.ts";
import { namePages } from "./core/api.ts";
import { startKeys } from "./core/keys.ts";
import { startLive } from "./core/live.ts";
import { path, startRouting } from "./core/route.ts";
import { startTheme } from "./core/theme.ts";

startRouting();
startTheme();
namePages(() => path.peek());
preload();
startStore();
startKeys();
render(<Shell />, document.getElementById("app")!);
startLive();
