// The address is the view. A route is a path and a query; whatever a person can see is in one of them, defaults are left out,
// and unknown parts are kept. In an exported file, which has no server, the route lives after the `#`.
import { computed, signal } from "@preact/signals";

export interface Route {
  path: string;
  query: Record<string, string>;
}

/** Characters that read better unescaped, and may stand in a query. */
const READABLE: [RegExp, string][] = [[/%2F/g, "/"], [/%3A/g, ":"], [/%2C/g, ","], [/%40/g, "@"], [/%3C/g, "<"], [/%3E/g, ">"], [/%20/g, "+"], [/%28/g, "("], [/%29/g, ")"], [/%3D/g, "="], [/%60/g, "`"]];

let inHash = false;

export function encodeValue(text: string): string {
  let out = encodeURIComponent(text);
  for (const [what, by] of READABLE) out = out.replace(what, by);
  return out;
}

export function parseRoute(address: string): Route {
  const [path = "/", search = ""] = address.split(/\?(.*)/s);
  const query: Record<string, string> = {};
  for (const part of search.split("&")) {
    if (!part) continue;
    const at = part.indexOf("=");
    const key = decode(at < 0 ? part : part.slice(0, at));
    query[key] = at < 0 ? "" : decode(part.slice(at + 1));
  }
  return { path: path || "/", query };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, " "));
  } catch {
    return text;
  }
}

export function formatRoute(route: Route): string {
  const pairs = Object.entries(route.query).map(([key, value]) => (value === "" ? encodeValue(key) : `${encodeValue(key)}=${encodeValue(value)}`));
  return route.path + (pairs.length ? "?" + pairs.join("&") : "");
}

const root = (): string => (inHash ? "" : new URL(document.baseURI).pathname.replace(/\/$/, ""));

function here(): Route {
  if (inHash) return parseRoute(location.hash.slice(1) || "/");
  const path = location.pathname.startsWith(root()) ? location.pathname.slice(root().length) : location.pathname;
  return parseRoute((path || "/") + location.search);
}

export const route = signal<Route>({ path: "/", query: {} });
export const path = computed(() => route.value.path);
export const query = computed(() => route.value.query);

/** Begin to follow the address bar; `hash` for a page without server, and where it starts. */
export function startRouting(options: { hash?: boolean; first?: string } = {}): void {
  inHash = Boolean(options.hash);
  if (inHash && !location.hash && options.first) history.replaceState(null, "", "#" + options.first);
  route.value = here();
  addEventListener(inHash ? "hashchange" : "popstate", () => (route.value = here()));
}

/** Return what a link to an address of the page has as its `href`. */
export const href = (address: string): string => (inHash ? "#" + address : root() + address);

/** Go to an address of the page, such as `/p/demo?q=lr<1`. `replace` leaves no trace in the history. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  const next = parseRoute(address);
  if (formatRoute(next) === formatRoute(route.value)) return;
  const target = href(formatRoute(next));
  if (options.replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  route.value = next;
}

/** Change parts of the query; null or an empty text removes a part. */
export function setQuery(change: Record<string, string | null | undefined>, options: { replace?: boolean } = {}): void {
  const next: Record<string, string> = { ...route.value.query };
  for (const [key, value] of Object.entries(change)) {
    if (value === null || value === undefined || value === "") delete next[key];
    else next[key] = value;
  }
  go(formatRoute({ path: route.value.path, query: next }), options);
}

/** Follow clicks on links of the page without loading it anew; other clicks stay the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
  if (!link || link.target || link.hasAttribute("download")) return;
  const target = link.getAttribute("href") ?? "";
  if (inHash ? !target.startsWith("#/") : !target.startsWith(root() + "/") || target.startsWith(root() + "/api/")) return;
  event.preventDefault();
  go(inHash ? target.slice(1) : target.slice(root().length));
}

/** Return the values of a pattern such as `/p/:project/:tab?`, or null when the path is another. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/").filter(Boolean);
  const given = path.split("/").filter(Boolean);
  if (given.length > wanted.length) return null;
  const found: Record<string, string> = {};
  for (const [place, part] of wanted.entries()) {
    const value = given[place];
    if (part.startsWith(":")) {
      const optional = part.endsWith("?");
      if (value === undefined) {
        if (!optional) return null;
      } else found[part.slice(1, optional ? -1 : undefined)] = decode(value.replace(/\+/g, "%2B"));
    } else if (part !== value) return null;
  }
  return found;
}
