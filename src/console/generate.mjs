// Types of every `.graphql` file of the pages: `src/overview/overview.graphql` becomes `generated/overview.ts`.
// A document stays text, as it was written: the page shows it, and it is a fifth of its syntax tree.
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import { buildSchema, parse } from "graphql";

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
