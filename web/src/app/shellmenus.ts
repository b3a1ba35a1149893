// What the menus of the bar offer: loaded when one is opened.
import { go, href } from "../core/route.ts";
import { STORE_PAGES, type NavigationEntry } from "../pages/index.ts";
import type { MenuItem } from "../ui/menu.tsx";
import { opened } from "./slots.ts";
import { project, projects } from "./store.ts";

export function projectItems(): MenuItem[] {
  const list = projects.value ?? [];
  return [
    ...list.map((one): MenuItem => ({ text: one.name, detail: one.running ? `${one.running} live` : `${one.runs}`, checked: one.name === project.value, onChoose: () => go(`/p/${encodeURIComponent(one.name)}`) })),
    { text: "All projects", icon: "left", apart: true, href: href("/?all") },
  ];
}

export function moreItems(shown: (entry: NavigationEntry) => string, exportPage: () => unknown): MenuItem[] {
  return [
    ...STORE_PAGES.map((entry): MenuItem => ({ text: entry.text, href: shown(entry) })),
    { text: "This view as one HTML file", icon: "download", action: "view.export", apart: true, onChoose: () => void exportPage() },
    { text: "Keys", action: "help.open", onChoose: () => (opened.value = "help") },
  ];
}
