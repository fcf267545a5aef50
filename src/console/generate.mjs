// Types of every `.graphql` file of the pages: `src/overview/overview.graphql` becomes `generated/overview.ts`.
// A document stays text, as it was written: the page shows it, and it is a fifth of its syntax tree.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import {
  buildSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
} from "graphql";

const text = readFileSync("../../schema.graphql", "utf8");
const [schema, schemaAst] = [parse(text), buildSchema(text)];
const config = {
  scalars: Object.fromEntries(["ID", "Date", "DateTime", "Decimal", "Period", "URL"].map((name) => [name, "string"])),
  defaultScalarType: "unknown",
  enumType: "string-literal",
  skipTypename: true,
};

function typed(source, { operation, name: { value: name } }) {
  const kind = `${name}${operation[0].toUpperCase()}${operation.slice(1)}`;
  return `export const ${name}Document = ${JSON.stringify(source)} as unknown as TypedDocumentNode<${kind}, ${kind}Variables>;\n`;
}

mkdirSync("generated", { recursive: true });
for (const file of globSync("src/**/*.graphql")) {
  const source = readFileSync(file, "utf8");
  const document = parse(source);
  const [operation, ...others] = document.definitions.filter((each) => each.kind === "OperationDefinition");
  if (!operation || others.length) throw new Error(`${file}: one operation a file`);
  const target = `generated/${basename(file, ".graphql")}.ts`;
  const types = await codegen({
    filename: target,
    schema,
    schemaAst,
    documents: [{ location: file, document }],
    config,
    plugins: [{ operations: {} }],
    pluginMap: { operations },
  });
  writeFileSync(target, `import type { TypedDocumentNode } from "urql";\n${types}\n${typed(source, operation)}`);
}

// What can be done: each mutation with the fields of its input, and who may do it.
const SELECTED = {
  userErrors: "{ code field message hint }",
  warnings: "{ code message field }",
  events: "{ type subjectId changes { path before after } }",
  payment: "{ amount { amount currency } dueAt }",
};
const MANAGED = new Set(["dryRun", "idempotencyKey", "expectedVersion"]);

function fieldOf({ name, type, description, defaultValue }) {
  const named = getNamedType(type);
  return {
    name,
    help: description?.split("\n")[0] ?? "",
    type: named.name,
    list: isListType(getNullableType(type)),
    required: isNonNullType(type) && defaultValue === undefined,
    ...(isInputObjectType(named) && { fields: Object.values(named.getFields()).map(fieldOf) }),
    ...(isEnumType(named) && { values: named.getValues().map((value) => value.name) }),
  };
}

/** The roles that a field is for: its directive is in the text of the schema, and not in what introspection tells. */
function rolesOf({ astNode }) {
  const guard = astNode?.directives?.find((directive) => directive.name.value === "requiresRole");
  return guard?.arguments[0].value.values.map(({ value }) => value) ?? [];
}

function abilityOf(field) {
  const { args, type, description } = field;
  const input = getNamedType(args[0].type);
  const payload = Object.keys(getNamedType(type).getFields()).filter((name) => name in SELECTED);
  return {
    input: input.name,
    // Who may do it, its codes and its events follow the sentence that says what it does.
    help: description?.split(/ (?:By [A-Z]|Requires one of:)/)[0] ?? "",
    roles: rolesOf(field),
    // A version is asked for only where nothing may be written without one.
    fields: Object.values(input.getFields()).map(fieldOf).filter(({ name, required }) => required || !MANAGED.has(name)),
    dry: "dryRun" in input.getFields(),
    selection: payload.map((name) => `${name} ${SELECTED[name]}`).join(" "),
  };
}

const mutations = Object.values(schemaAst.getMutationType()?.getFields() ?? {});
const abilities = Object.fromEntries(
  mutations.filter(({ args }) => args[0]?.name === "input").map((each) => [each.name, abilityOf(each)]),
);
writeFileSync("generated/abilities.json", JSON.stringify(abilities));

// Which fields are for some roles only, for the playground's documentation: `Mutation.confirmPod`.
const guarded = Object.values(schemaAst.getTypeMap())
  .filter(isObjectType)
  .flatMap((kind) => Object.values(kind.getFields()).map((field) => [`${kind.name}.${field.name}`, rolesOf(field)]))
  .filter(([, roles]) => roles.length);
writeFileSync("generated/guards.json", JSON.stringify(Object.fromEntries(guarded)));
