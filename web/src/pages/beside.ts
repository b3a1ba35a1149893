// The pages beside the workspace, by the patterns of index.ts, and their style sheet, which the first of them brings along.
import type { PageModule } from "./index.ts";

const BY_NAME: Record<string, () => Promise<PageModule>> = {
  media: () => import("./media.tsx"),
  compare: () => import("./compare.tsx"),
  plots: () => import("./plots.tsx"),
  artifacts: () => import("./artifacts.tsx"),
  sql: () => import("./sql.tsx"),
  r: () => import("./run.tsx"),
  a: () => import("./artifact.tsx"),
  bin: () => import("./bin.tsx"),
  settings: () => import("./settings.tsx"),
  help: () => import("./help.tsx"),
};

let sheet: Promise<void> | null = null;

/** Load the style once. Where the page names none (an exported file), it is there already. */
function styled(): Promise<void> {
  const address = document.querySelector<HTMLMetaElement>("meta[name=pages-style]")?.content;
  if (!address || sheet) return sheet ?? Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  sheet = new Promise((resolve) => (link.onload = link.onerror = () => resolve()));
  document.head.append(link);
  return sheet;
}

/** Return the page of a pattern: the word after the project, or the first word. */
export async function load(pattern: string): Promise<PageModule> {
  const words = pattern.split("/").filter((word) => word && !word.startsWith(":"));
  const name = words[0] === "p" ? words[1]! : words[0]!;
  const [module] = await Promise.all([BY_NAME[name]!(), styled()]);
  return module;
}
