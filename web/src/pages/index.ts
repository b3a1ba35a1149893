// Which page an address shows. A page is a module that exports `Page`, loaded when its address is first opened. To add one: write
// src/pages/<name>.tsx, add a line here (the first pattern that fits wins), and a line in NAVIGATION if it belongs in the menus.
import type { ComponentType } from "preact";
import * as workspace from "./workspace.tsx";

/** What a page is given: the parts of its address. The query is read from `core/route.ts`. */
export interface PageProps {
  params: Record<string, string>;
}

export interface PageModule {
  Page: ComponentType<PageProps>;
}

export interface PageEntry {
  pattern: string;
  load: () => Promise<PageModule>;
}

const BESIDE = "/p/:project/media /p/:project/compare /p/:project/plots /p/:project/artifacts /p/:project/sql /r/:run/:tab? /compare /a/:artifact/:version? /sql /bin /settings /help".split(" ");

/** The first pattern that fits wins. What is beside the workspace is found in beside.ts, which is loaded with the first of it. */
export const PAGES: PageEntry[] = [
  { pattern: "/", load: () => import("./projects.tsx") },
  { pattern: "/p/:project", load: () => Promise.resolve(workspace) },
  ...BESIDE.map((pattern) => ({ pattern, load: () => import("./beside.ts").then(({ load }) => load(pattern)) })),
];

export interface NavigationEntry {
  text: string;
  /** With `:project`, belongs to the open project. */
  href: string;
  /** Shown only when this part of the store or project exists; absent: always. */
  needs?: "media" | "artifacts";
}

/** Other views of a project, shown as tabs beside its name (see `exists` in app/store.ts), and pages of the whole store. */
export const NAVIGATION: NavigationEntry[] = [
  { text: "Runs", href: "/p/:project" },
  { text: "Plots", href: "/p/:project/plots" },
  { text: "Media", href: "/p/:project/media", needs: "media" },
  { text: "Artifacts", href: "/p/:project/artifacts", needs: "artifacts" },
];
export const STORE_PAGES: NavigationEntry[] = [
  { text: "Projects", href: "/?all" },
  { text: "SQL", href: "/sql" },
  { text: "Bin", href: "/bin" },
  { text: "Settings", href: "/settings" },
  { text: "Help", href: "/help" },
];
