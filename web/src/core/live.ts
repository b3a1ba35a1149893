// One stream for the whole page: it says what changed, never the data itself. It resumes at its cursor, waits longer after each
// failure, asks by polling where WebSockets do not pass (and tries them again now and then), and stops while the tab is hidden.
import { signal } from "@preact/signals";
import { base, get } from "./api.ts";
import type { Changes } from "./types.ts";

export type LiveState = "off" | "live" | "polling" | "waiting";

export const liveState = signal<LiveState>("off");
/** When the server was last heard of, in milliseconds. */
export const heardAt = signal(0);
/** Since when it has not answered, in milliseconds; 0 while it does. */
export const lostAt = signal(0);

type Listener = (changes: Changes) => void;

const listeners = new Set<Listener>();
const watched = new Map<symbol, { run_ids: string[]; console: string | null }>();
const POLL_MS = 2000;
const LONGEST_MS = 10_000;
const SILENT_MS = 45_000;
/** After so many polls the stream is tried again. */
const POLLS = 30;

let socket: WebSocket | null = null;
let cursor = "";
let failures = 0;
let everHeard = false;
let polls = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let running = false;

/** Be told of changes; returns a function that ends it. */
export function onChanges(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Say which runs are looked at, so that the server sends their changes promptly; returns a function that ends it. */
export function watch(run_ids: string[], console: string | null = null): () => void {
  const key = Symbol("watch");
  watched.set(key, { run_ids, console });
  tell();
  return () => {
    watched.delete(key);
    tell();
  };
}

export function startLive(): void {
  if (running) return;
  running = true;
  document.addEventListener("visibilitychange", visibility);
  addEventListener("online", () => (stop(), connect()));
  if (!document.hidden) connect();
}

function visibility(): void {
  if (document.hidden) {
    stop();
    liveState.value = "off";
  } else connect();
}

function stop(): void {
  clearTimeout(timer);
  clearTimeout(silence);
  if (socket) {
    socket.onclose = socket.onmessage = socket.onopen = null;
    socket.close();
    socket = null;
  }
}

function connect(): void {
  stop();
  if (document.hidden) return;
  const url = base().replace(/^http/, "ws") + "/api/changes" + (cursor ? `?cursor=${encodeURIComponent(cursor)}` : "");
  try {
    socket = new WebSocket(url);
  } catch {
    failed();
    return;
  }
  let opened = false;
  socket.onopen = () => {
    opened = true;
    tell();
  };
  socket.onmessage = (event) => {
    everHeard = true;
    failures = polls = 0;
    heard(JSON.parse(String(event.data)) as Changes, "live");
  };
  socket.onclose = () => {
    socket = null;
    if (opened) liveState.value = "waiting";
    failed();
  };
}

/** After two failures of a socket that never said anything, something between does not let it pass: poll. */
function failed(): void {
  failures += 1;
  if (!lostAt.value) lostAt.value = Date.now();
  if (!everHeard && failures >= 2) {
    void poll();
    return;
  }
  liveState.value = "waiting";
  timer = setTimeout(connect, Math.min(LONGEST_MS, 300 * 2 ** Math.min(failures, 6)) * (0.7 + 0.6 * Math.random()));
}

async function poll(): Promise<void> {
  try {
    const answer = await get<Changes>("/api/changes", cursor ? { cursor } : {});
    heard({ ...answer, type: "changes" }, "polling");
  } catch {
    liveState.value = "waiting";
    if (!lostAt.value) lostAt.value = Date.now();
  }
  if (document.hidden) return;
  polls += 1;
  timer = setTimeout(() => (polls % POLLS ? void poll() : connect()), liveState.value === "waiting" ? LONGEST_MS / 2 : POLL_MS);
}

function heard(message: Changes, how: LiveState): void {
  const returned = lostAt.value > 0 && Date.now() - lostAt.value > 1000;
  liveState.value = how;
  heardAt.value = Date.now();
  lostAt.value = 0;
  if (message.cursor) cursor = message.cursor;
  clearTimeout(silence);
  if (how === "live") silence = setTimeout(connect, SILENT_MS);
  const something = (message.runs?.length ?? 0) + (message.removed?.length ?? 0) > 0;
  if (something || (returned && message.type !== "ping")) for (const listener of listeners) listener(message);
}

function tell(): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  const run_ids = [...new Set([...watched.values()].flatMap((one) => one.run_ids))];
  const console = [...watched.values()].map((one) => one.console).find((id) => id !== null) ?? null;
  socket.send(JSON.stringify({ type: "watch", run_ids, console, visible: !document.hidden }));
}
