// Writes src/core/schema.d.ts from openapi.json: one exported interface or type per schema. `--check` fails when it is stale.
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "src", "core", "schema.d.ts");

const typeName = (text) => text.replace(/[^A-Za-z0-9_]+/g, "_");
const property = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function type(schema, indent = "") {
  if (!schema || schema === true || Object.keys(schema).every((key) => ["title", "description", "default", "examples"].includes(key))) return "unknown";
  if (schema.$ref) return typeName(schema.$ref.split("/").pop());
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return [...new Set(several.map((one) => type(one, indent)))].join(" | ");
  if (schema.allOf) return schema.allOf.map((one) => type(one, indent)).join(" & ");
  if (Array.isArray(schema.type)) return schema.type.map((one) => type({ ...schema, type: one }, indent)).join(" | ");
  if (schema.type === "array") {
    if (schema.prefixItems) return `[${schema.prefixItems.map((one) => type(one, indent)).join(", ")}]`;
    const inner = type(schema.items, indent);
    return /[|&]/.test(inner) ? `(${inner})[]` : `${inner}[]`;
  }
  if (schema.type === "object" || schema.properties) return object(schema, indent);
  return { integer: "number", number: "number", boolean: "boolean", null: "null", string: "string" }[schema.type] ?? "unknown";
}

function object(schema, indent) {
  const required = new Set(schema.required ?? []);
  const more = schema.additionalProperties;
  if (!schema.properties) return `Record<string, ${more && more !== true ? type(more, indent) : "unknown"}>`;
  const lines = Object.entries(schema.properties).map(([name, one]) => {
    const always = required.has(name) || "default" in one;
    return `${indent}  ${property(name)}${always ? "" : "?"}: ${type(one, indent + "  ")};`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}

const openapi = JSON.parse(await readFile(join(here, "openapi.json"), "utf8"));
const schemas = Object.entries(openapi.components?.schemas ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
const parts = schemas.map(([name, schema]) => {
  const about = schema.description ? `/** ${schema.description.split("\n")[0].replaceAll("*/", "* /")} */\n` : "";
  const made = type(schema);
  return made.startsWith("{") ? `${about}export interface ${typeName(name)} ${made}\n` : `${about}export type ${typeName(name)} = ${made};\n`;
});
const text = `// Made from web/openapi.json by types.mjs: do not edit.\n\n${parts.join("\n")}`;
const old = await readFile(target, "utf8").catch(() => "");
if (process.argv.includes("--check")) {
  if (old !== text) {
    console.error("src/core/schema.d.ts is stale; hint: npm run types");
    process.exitCode = 1;
  }
} else if (old !== text) await writeFile(target, text);
