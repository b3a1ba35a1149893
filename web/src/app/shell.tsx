// The frame of all pages: one bar on top, the page below. The bar holds where one is, the filter of the page (a slot), what is
// live, and the few things that are always there.
import { useEffect } from "preact/hooks";
import type { ComponentType, JSX } from "preact";
import { computed, signal } from "@preact/signals";
import { keyLabel, keysOf, useKeys } from "../core/keys.ts";
import { heardAt, liveState, lostAt } from "../core/live.ts";
import { followLinks, href, match, path } from "../core/route.ts";
import { dark, toggleTheme } from "../core/theme.ts";
import { dateTime } from "../core/format.ts";
import { NAVIGATION, PAGES, type NavigationEntry, type PageModule, type PageProps } from "../pages/index.ts";
import { Button, Icon } from "../ui/button.tsx";
import { Failure, Waiting } from "../ui/failure.tsx";
import { Menu } from "../ui/menu.tsx";
import { later } from "../ui/portal.tsx";
import { copy, say, sayFailed, Toasts, undoLast } from "../ui/toast.tsx";
import { barSlot, fileNote, opened } from "./slots.ts";
import { exists, loadStore, project, projects, readOnly, runningCount, storeProblem } from "./store.ts";

const Palette = later(() => import("./palette.tsx").then((module) => module.Palette));
const KeyHelp = later(() => import("./keyhelp.tsx").then((module) => module.KeyHelp));

interface Loaded {
  page: ComponentType<PageProps> | null;
  failed: unknown;
}

const loaded = new Map<string, Loaded>();
const loads = signal(0);

function open(pattern: string, load: () => Promise<PageModule>): Loaded {
  const known = loaded.get(pattern);
  if (known) return known;
  const entry: Loaded = { page: null, failed: null };
  loaded.set(pattern, entry);
  load()
    .then((module) => (entry.page = module.Page))
    .catch((error: unknown) => (entry.failed = error))
    .finally(() => (loads.value += 1));
  return entry;
}

const current = computed(() => {
  for (const page of PAGES) {
    const params = match(page.pattern, path.value);
    if (params) return { page, params };
  }
  return null;
});

export { barSlot, pageActions } from "./slots.ts";

/** Begin to load the page of the address before anything is drawn. */
export const preload = (): void => void (current.value && open(current.value.page.pattern, current.value.page.load));

export function Shell(): JSX.Element {
  useKeys({
    "palette.open": () => void (opened.value = opened.value === "palette" ? "" : "palette"),
    "help.open": () => void (opened.value = "help"),
    "theme.toggle": toggleTheme,
    "view.export": () => void exportPage(),
    "edit.undo": () => {
      if (!undoLast()) say("Nothing to undo");
    },
    "link.copy": () => void copy(location.href, "Link copied"),
  });
  useEffect(() => {
    document.addEventListener("click", followLinks);
    return () => document.removeEventListener("click", followLinks);
  }, []);
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => (event.preventDefault(), document.getElementById("content")?.focus())}>Skip to content</a>
      <Bar />
      <Lost />
      <main id="content" tabIndex={-1}>
        <CurrentPage />
      </main>
      <Toasts />
      {opened.value === "palette" && <Palette onClose={() => (opened.value = "")} />}
      {opened.value === "help" && <KeyHelp onClose={() => (opened.value = "")} />}
    </>
  );
}

const exportPage = () => import("./onefile.ts").then((module) => module.exportPage()).catch(sayFailed);
const menus = () => import("./shellmenus.ts");

function CurrentPage(): JSX.Element {
  void loads.value;
  if (storeProblem.value && !projects.value) return <div class="page"><Failure problem={storeProblem.value} onRetry={() => void loadStore()} /></div>;
  const found = current.value;
  if (!found) return <NotFound />;
  const { page: Page, failed } = open(found.page.pattern, found.page.load);
  if (failed) return <div class="page"><p role="alert">This part of the page did not load. <Button kind="plain" onClick={() => location.reload()}>Load again</Button></p></div>;
  return Page ? <Page params={found.params} /> : <Waiting />;
}

function NotFound(): JSX.Element {
  return (
    <div class="page">
      <h1>There is nothing at {path.value}</h1>
      <p><a href={href("/")}>All projects</a></p>
    </div>
  );
}

const shown = (entry: NavigationEntry): string => href(entry.href.replace(":project", encodeURIComponent(project.value)));

function Bar(): JSX.Element {
  const inProject = project.value !== "";
  return (
    <header class="bar">
      <a class="brand" href={href("/?all")} title="All projects">
        <svg width="20" height="20" viewBox="0 0 32 32" aria-hidden="true">
          <path class="brand-wave" d="M3 22c4.3 0 4.3-4.5 8.7-4.5S16 22 20.3 22s4.3-4.5 8.7-4.5" />
          <circle class="brand-sun" cx="21.5" cy="9.5" r="4.5" />
        </svg>
        <span class="brand-name">eventide</span>
      </a>
      {inProject && (
        <Menu label="Projects" items={() => menus().then((module) => module.projectItems())} class="project-menu">
          <span class="project-name">{project.value}</span>
          <Icon name="down" size={12} />
        </Menu>
      )}
      {inProject && NAVIGATION.length > 1 && (
        <nav class="tabs" aria-label="Views of the project">
          {NAVIGATION.filter(exists).map((entry) => (
            <a key={entry.href} href={shown(entry)} aria-current={match(entry.href.split("?")[0]!, path.value) ? "page" : undefined}>{entry.text}</a>
          ))}
        </nav>
      )}
      <div class="bar-slot">{barSlot.value}</div>
      <Live />
      {readOnly.value && <span class="chip faint" title="Nothing can be changed here">read-only</span>}
      {fileNote.value && <span class="chip warn" role="status" title={fileNote.value[1]}>{fileNote.value[0]}</span>}
      <button type="button" class="button quiet palette-button" title="Find any action, run, metric or page" onClick={() => (opened.value = "palette")}>
        <Icon name="search" /> <kbd>{keyLabel(keysOf("palette.open")[0] ?? "")}</kbd>
      </button>
      <Button icon={dark.value ? "sun" : "moon"} label={dark.value ? "Light theme" : "Dark theme"} action="theme.toggle" onClick={toggleTheme} />
      <Button icon="share" label="Copy a link to this view" action="link.copy" onClick={() => void copy(location.href, "Link copied")} />
      <Menu icon="more" label="More" items={() => menus().then((module) => module.moreItems(shown, exportPage))} />
    </header>
  );
}

function Live(): JSX.Element | null {
  if (liveState.value === "waiting") return <span class="live lost" role="status">as of {dateTime((heardAt.value || Date.now()) / 1000).slice(11)}</span>;
  if (liveState.value === "off") return null;
  const n = runningCount.value;
  return (
    <span class={`live ${n ? "on" : ""}`} title={liveState.value === "polling" ? "Asked for changes every two seconds" : "Changes appear by themselves"}>
      <span class="live-dot" aria-hidden="true" />
      {n ? `${n} live` : "idle"}
    </span>
  );
}

/** Said after five seconds without the server: short losses pass unseen. */
function Lost(): JSX.Element | null {
  const tick = useTick(lostAt.value > 0);
  if (!lostAt.value || Date.now() - lostAt.value < 5000) return null;
  void tick;
  return <div class="lost-banner" role="status">The server does not answer. What you see is of {dateTime((heardAt.value || lostAt.value) / 1000).slice(11)}; the page tries again by itself.</div>;
}

const ticks = signal(0);

function useTick(active: boolean): number {
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => (ticks.value += 1), 1000);
    return () => clearInterval(timer);
  }, [active]);
  return ticks.value;
}
