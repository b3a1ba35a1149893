// The whole key table, with what each key does in words: for help, the palette and settings. The keys alone are in keys.ts.
import table from "./keymap.json" with { type: "json" };

export interface Action {
  id: string;
  keys: string[];
  text: string;
  scope: string;
}

export const ACTIONS: readonly Action[] = table.actions;
export const SCOPES: Readonly<Record<string, string>> = table.scopes;
