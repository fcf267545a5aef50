// Types of every `.graphql` file: `src/overview/overview.graphql` becomes `generated/overview.ts`.
// Documents stay text, which is a fifth of the size of their syntax trees.
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
  if (!operation || others.length) throw new Error(`${file}: expected one operation per file`);
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

// Mutations with the fields of their inputs and the required roles.
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

/** The roles of a field, from its directive, which introspection does not include. */
function rolesOf({ astNode }) {
  const guard = astNode?.directives?.find((directive) => directive.name.value === "requiresRole");
  return guard?.arguments[0].value.values.map(({ value }) => value) ?? [];
}

function mutationSpec(field) {
  const { args, type, description } = field;
  const input = getNamedType(args[0].type);
  const payload = Object.keys(getNamedType(type).getFields()).filter((name) => name in SELECTED);
  return {
    input: input.name,
    // Only the first part of a description: required roles, codes and events follow it.
    help: description?.split(/ (?:By [A-Z]|Requires one of:)/)[0] ?? "",
    roles: rolesOf(field),
    // `expectedVersion` is shown only where it is required.
    fields: Object.values(input.getFields()).map(fieldOf).filter(({ name, required }) => required || !MANAGED.has(name)),
    supportsDryRun: "dryRun" in input.getFields(),
    selection: payload.map((name) => `${name} ${SELECTED[name]}`).join(" "),
  };
}

const mutations = Object.values(schemaAst.getMutationType()?.getFields() ?? {});
const specs = Object.fromEntries(
  mutations.filter(({ args }) => args[0]?.name === "input").map((each) => [each.name, mutationSpec(each)]),
);
writeFileSync("generated/mutations.json", JSON.stringify(specs));

// Fields with required roles, for the documentation in the playground: `Mutation.confirmPod`.
const guarded = Object.values(schemaAst.getTypeMap())
  .filter(isObjectType)
  .flatMap((kind) => Object.values(kind.getFields()).map((field) => [`${kind.name}.${field.name}`, rolesOf(field)]))
  .filter(([, roles]) => roles.length);
writeFileSync("generated/guards.json", JSON.stringify(Object.fromEntries(guarded)));
