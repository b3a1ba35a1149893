// What every page needs to know of the store: its name and size, whether it may be changed, and which projects it has.
import { computed, signal } from "@preact/signals";
import { get } from "../core/api.ts";
import { onChanges } from "../core/live.ts";
import { match, path } from "../core/route.ts";
import { asProblem, settled } from "../core/state.ts";
import type { Problem } from "../core/api.ts";
import type { Info, Project } from "../core/types.ts";

export const info = signal<Info | null>(null);
export const projects = signal<Project[] | null>(null);
export const storeProblem = signal<Problem | null>(null);

/** Whether nothing may be changed here: the server says so, or there is no server. */
export const readOnly = computed(() => info.value?.read_only ?? true);

/** The project of the address, or that of the run looked at (a run page sets `projectOfRun`). */
export const projectOfRun = signal("");
export const project = computed(() => match("/p/:project/:tab?/:more?", path.value)?.["project"] ?? (/^\/(r|a|compare)(\/|$)/.test(path.value) ? projectOfRun.value : ""));

/** Whether the project holds what a view of it shows. */
export const exists = ({ needs }: { needs?: Project["holds"][number] }): boolean => !needs || Boolean(projects.value?.some((one) => one.name === project.value && one.holds.includes(needs)));

export async function loadStore(): Promise<void> {
  try {
    const [about, list] = await Promise.all([get<Info>("/api/info"), get<{ projects: Project[] }>("/api/projects")]);
    info.value = about;
    projects.value = list.projects;
    storeProblem.value = null;
  } catch (error) {
    storeProblem.value = asProblem(error);
  }
}

/** Load now, and again when runs changed, at most once in three seconds; of other projects than the one open only when a run of
 *  theirs begins or ends. */
export function startStore(): void {
  void loadStore();
  let due = 0;
  const states = new Map<string, string>();
  const again = settled(3000, () => {
    due = 0;
    void loadStore();
  });
  onChanges((changes) => {
    const known = new Set((projects.value ?? []).map((one) => one.name));
    const news = !project.value || !changes.runs?.length || changes.removed?.length || changes.runs.some((run) => run.project === project.value || states.get(run.id) !== run.status);
    for (const run of changes.runs ?? []) states.set(run.id, run.status);
    if (changes.runs?.some((run) => !known.has(run.project))) {
      again.cancel();
      due = 0;
      void loadStore();
    } else if (news && !due) {
      due = 1;
      again();
    }
  });
}

export const runningCount = computed(() => (projects.value ?? []).reduce((sum, one) => sum + (project.value && one.name !== project.value ? 0 : one.running), 0));
