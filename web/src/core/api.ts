// The one way the page asks for data. Errors are `Problem`s that carry the server's message, hint and code; a question can be
// aborted; reading is retried when the network, not the question, was at fault. A page made into one file answers the same
// questions from data inlined in it: see `setTransport`.

export class Problem extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code = "",
    readonly hint = "",
    readonly position: number | null = null,
    readonly expected = "",
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal | undefined;
  headers?: Record<string, string>;
}

/** Answers questions: `path` starts with `/api/`. */
export type Transport = (path: string, ask: Ask) => Promise<Response>;

export type Query = Record<string, string | number | boolean | null | undefined>;

const AGAIN = [250, 1000];

export const base = (): string => document.baseURI.replace(/\/[^/]*$/, "");

/** Return a path of the interface as an address, for links, images and downloads. */
export const address = (path: string, query?: Query): string => base() + withQuery(path, query);

let transport: Transport = (path, ask) => {
  const init: RequestInit = { method: ask.method ?? "GET", headers: { ...(ask.headers ?? {}) }, credentials: "same-origin" };
  if (ask.signal) init.signal = ask.signal;
  if (ask.body !== undefined) {
    init.body = JSON.stringify(ask.body);
    (init.headers as Record<string, string>)["content-type"] = "application/json";
  }
  return fetch(base() + path, init);
};

/** Answer all questions another way: from inlined data, or from a test. */
export function setTransport(other: Transport): void {
  transport = other;
}

export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  if (!pairs.length) return path;
  return path + "?" + pairs.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`).join("&");
}

/** Whether an error says no more than that a newer question took the place of this one. */
export const isAborted = (error: unknown): boolean => error instanceof DOMException && error.name === "AbortError";

async function problem(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    body = await response.json();
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  const text = (name: string): string => (typeof body[name] === "string" ? (body[name] as string) : "");
  const message = text("detail") || text("title") || `The server answered ${response.status}`;
  const position = typeof body["position"] === "number" ? (body["position"] as number) : null;
  return new Problem(message, response.status, text("code"), text("hint"), position, text("expected"), body);
}

export interface Question {
  method: string;
  path: string;
  body: unknown;
}

/** The questions of the page that is open, by what they ask: an exported file needs their answers. */
const asked = new Map<string, Question & { page: string }>();
const MOST = 300;

export const questions = (page: string): Question[] => [...asked.values()].filter((one) => one.page === page);

function note(path: string, how: Ask): void {
  const method = how.method ?? "GET";
  if (method !== "GET" && !/^\/api\/(series|rows|runs\/values)/.test(path)) return;
  const key = `${method} ${path} ${how.body === undefined ? "" : JSON.stringify(how.body)}`;
  asked.delete(key);
  asked.set(key, { method, path, body: how.body, page: currentPage() });
  if (asked.size > MOST) asked.delete(asked.keys().next().value!);
}

let currentPage = (): string => "/";

/** Say how the page that is open is called. */
export const namePages = (name: () => string): void => void (currentPage = name);

/** Ask, and return the answer; throws Problem. */
export async function ask(path: string, how: Ask = {}): Promise<Response> {
  note(path, how);
  const tries = (how.method ?? "GET") === "GET" || path.startsWith("/api/series") ? AGAIN : [];
  for (let turn = 0; ; turn += 1) {
    try {
      const response = await transport(path, how);
      if (response.ok || response.status === 304) return response;
      if (![502, 503, 504].includes(response.status) || turn >= tries.length) throw await problem(response);
    } catch (error) {
      if (error instanceof Problem || isAborted(error)) throw error;
      if (turn >= tries.length) throw new Problem("The server does not answer", 0, "Unreachable", "is `eventide ui` still running?");
    }
    await pause(tries[turn]!, how.signal);
  }
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("aborted", "AbortError"));
    });
  });
}

export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return (await (await ask(withQuery(path, query), { signal })).json()) as T;
}

export async function send<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await ask(path, { method, body, signal });
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

/** Ask for bytes with a JSON body. Returns null when they are those of `etag` still. */
export async function bytes(path: string, body: unknown, signal?: AbortSignal, etag = ""): Promise<{ buffer: ArrayBuffer; etag: string } | null> {
  const headers: Record<string, string> = etag ? { "if-none-match": etag } : {};
  const response = await ask(path, { method: "POST", body, signal, headers });
  if (response.status === 304) return null;
  return { buffer: await response.arrayBuffer(), etag: response.headers.get("etag") ?? "" };
}
