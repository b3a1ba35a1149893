// Files as a tree of folders, moved through by arrow keys. Folders with one folder inside are one line.
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { size } from "../core/format.ts";
import { Icon } from "../ui/button.tsx";

export interface TreeFile {
  path: string;
  size_bytes?: number | null;
}

interface Line {
  path: string;
  name: string;
  depth: number;
  folder: boolean;
  size_bytes?: number | null | undefined;
}

/** Return the lines of a tree, folders first; what lies in closed folders is left out. */
export function treeLines(files: readonly TreeFile[], closed: ReadonlySet<string>): Line[] {
  interface Node { name: string; path: string; folders: Map<string, Node>; files: TreeFile[] }
  const root: Node = { name: "", path: "", folders: new Map(), files: [] };
  for (const file of files) {
    let node = root;
    for (const part of file.path.split("/").slice(0, -1)) {
      const path = node.path ? `${node.path}/${part}` : part;
      if (!node.folders.has(part)) node.folders.set(part, { name: part, path, folders: new Map(), files: [] });
      node = node.folders.get(part)!;
    }
    node.files.push(file);
  }
  const out: Line[] = [];
  const walk = (node: Node, depth: number) => {
    for (let folder of [...node.folders.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      let name = folder.name;
      while (folder.folders.size === 1 && !folder.files.length) (folder = [...folder.folders.values()][0]!), (name += "/" + folder.name);
      out.push({ path: folder.path, name, depth, folder: true });
      if (!closed.has(folder.path)) walk(folder, depth + 1);
    }
    for (const file of [...node.files].sort((a, b) => (a.path < b.path ? -1 : 1))) out.push({ path: file.path, name: file.path.split("/").pop()!, depth, folder: false, size_bytes: file.size_bytes });
  };
  walk(root, 0);
  return out;
}

export function FileTree({ files, chosen, onChoose, note }: { files: readonly TreeFile[]; chosen: string; onChoose: (path: string) => void; note?: (path: string) => string }): JSX.Element {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const lines = useMemo(() => treeLines(files, closed), [files, closed]);
  const toggle = (path: string) => setClosed((old) => { const next = new Set(old); if (!next.delete(path)) next.add(path); return next; });
  const move = (event: KeyboardEvent) => {
    const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=treeitem]")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const line = lines[at];
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[Math.max(0, Math.min(items.length - 1, to))]?.focus();
    else if (line?.folder && (event.key === "ArrowRight" ? closed.has(line.path) : event.key === "ArrowLeft" && !closed.has(line.path))) toggle(line.path);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const focusable = lines.some((line) => line.path === chosen) ? chosen : lines[0]?.path;
  return (
    <div class="file-tree" role="tree" aria-label="Files" onKeyDown={move}>
      {lines.map((line) => (
        <button key={line.path + line.folder} type="button" role="treeitem" class="file-line" aria-level={line.depth + 1} aria-expanded={line.folder ? !closed.has(line.path) : undefined} aria-selected={line.path === chosen} tabIndex={line.path === focusable ? 0 : -1} style={{ paddingLeft: `${6 + line.depth * 14}px` }} title={line.path} onClick={() => (line.folder ? toggle(line.path) : onChoose(line.path))}>
          {line.folder ? <Icon name={closed.has(line.path) ? "right" : "down"} size={12} /> : <span class="file-room" />}
          <bdi class="cut">{line.name}</bdi>
          {note?.(line.path) && <span class="chip">{note(line.path)}</span>}
          {!line.folder && typeof line.size_bytes === "number" && <span class="faint file-size">{size(line.size_bytes)}</span>}
        </button>
      ))}
    </div>
  );
}
