// Where a page made into one file starts: the same page, answered from the data inlined in it instead of by a server.
import { render } from "preact";
import { preload, Shell } from "./app/shell.tsx";
import { startStore } from "./app/store.ts";
import { namePages, setTransport } from "./core/api.ts";
import { startKeys } from "./core/keys.ts";
import { path, startRouting } from "./core/route.ts";
import { startTheme } from "./core/theme.ts";
import { inlined } from "./viewer/transport.ts";

const data = JSON.parse(document.getElementById("eventide-data")?.textContent ?? "{}");
setTransport(inlined(data));
startRouting({ hash: true, first: data.view ?? "/" });
startTheme();
namePages(() => path.peek());
preload();
startStore();
startKeys();
render(<Shell />, document.getElementById("app")!);
