// The run that was pinned last in the table of a project: what other runs are compared with first.
import type { Run } from "../../core/types.ts";
import { pins } from "../../core/state.ts";

export const pinnedBeside = (run: Pick<Run, "id" | "project">): string | undefined => pins.value[run.project]?.find((id) => id !== run.id);
