/**
 * Writes core/control/openapi.json, the API as OpenAPI 3.1, from the table of operations and the types that api.ts exports.
 *
 *     deno run -A core/control/generate.ts            writes the file
 *     deno run -A core/control/generate.ts --check    changes nothing; fails where the file differs
 */

import config from "../../deno.json" with { type: "json" };
import { type Operation, OPERATIONS } from "./operations.ts";
import { type DocDeclaration, type Find, type Schema, Schemas } from "./schema.ts";

const API = new URL("./api.ts", import.meta.url).href;
const OUTPUT = new URL("./openapi.json", import.meta.url);

/** Types whose values are not listed: a declared family has names of its own. */
const GIVEN: Readonly<Record<string, Schema>> = {
  EventName: {
    description: "Name of an event: `snet.connect`, or one of a declared family.",
    type: "string",
  },
};

const FAILURES: Readonly<Record<number, string>> = {
  400: "What was sent is wrong.",
  401: "Nobody is logged in (at the page alone).",
  403: "Whoever asks may not do that.",
  404: "There is no such thing, or no more.",
  409: "Somebody else was first.",
  410: "It is over.",
  413: "What was sent is too long.",
  429: "Too many wrong tries within a minute.",
  503: "Not now: too many follow already, or the page cannot be served.",
};

/** The document. Throws an Error of one line for a type that has no schema. */
export function openApi(): Schema {
  const schemas = new Schemas(finder(), GIVEN);
  const paths: Record<string, Record<string, Schema>> = {};
  for (const operation of OPERATIONS) {
    const { method, path } = operation;
    (paths[path] ??= {})[method] = operationJson(operation, (name) => schemas.add(API, name));
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "snet",
      version: config.version,
      license: { name: "MIT", identifier: "MIT" },
      description:
        "The daemon's API, the same on its control socket (HTTP on a unix socket, where the kernel says who asks) and at " +
        "its page (where a session says it). 64-bit numbers are decimal texts, bytes hexadecimal texts, times ISO 8601.",
    },
    servers: [
      { url: "http://127.0.0.1:874", description: "The page, where snet.yaml has the key `web`." },
      { url: "http://localhost", description: "The control socket, /run/snet/snet.sock." },
    ],
    security: [{}, { cookie: [], key: [] }],
    paths,
    components: {
      securitySchemes: {
        cookie: { type: "apiKey", in: "cookie", name: "snet", description: "`__Host-snet` over TLS." },
        key: {
          type: "apiKey",
          in: "header",
          name: "x-snet-key",
          description: "Given at login, beside the cookie.",
        },
      },
      schemas: schemas.schemas,
    },
  };
}

function operationJson(
  { summary, path, role, query = {}, body, answer, events, failures = [] }: Operation,
  reference: (name: string) => Schema,
): Schema {
  const parameters = [
    ...path.matchAll(/\{(\w+)\}/g).map(([, name]) => ({
      ...{ name, in: "path", required: true, schema: { type: "string" } },
    })),
    ...Object.entries(query).map(([name, description]) => ({
      ...{ name, in: "query", description, schema: { type: "string" } },
    })),
  ];
  const content = events !== undefined
    ? { "text/event-stream": { schema: described(reference(events), "Of the data of each event.") } }
    : { "application/json": { schema: answer === undefined ? { type: "object" } : reference(answer) } };
  const failure = { "application/json": { schema: reference("Failure") } };
  return {
    summary,
    "x-role": role,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { content: { "application/json": { schema: reference(body) } } },
    }),
    responses: {
      200: {
        description: events === undefined ? "Done." : "As it happens, until either side ends it.",
        content,
      },
      ...Object.fromEntries(
        [400, 401, 403, ...failures].map((
          status,
        ) => [status, { description: FAILURES[status], content: failure }]),
      ),
    },
  };
}

function described(schema: Schema, description: string): Schema {
  return { description, ...schema };
}

interface DocModule {
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly DocDeclaration[] }[];
  readonly imports?: readonly {
    readonly importedName: string;
    readonly originalName: string;
    readonly src: string;
  }[];
}

/** Finds types in modules and in those that they have them from, each of which is looked at once. */
function finder(): Find {
  const modules = new Map<string, DocModule>();
  const find: Find = (url, name) => {
    const module = modules.getOrInsertComputed(url, docOf);
    const declaration = module.symbols.find((symbol) => symbol.name === name)?.declarations
      .find(({ kind }) => kind === "interface" || kind === "typeAlias");
    if (declaration !== undefined) return { module: declaration.location.filename, declaration };
    const imported = module.imports?.find(({ importedName }) => importedName === name);
    return imported && find(imported.src, imported.originalName);
  };
  return find;
}

/** What `deno doc` tells of a module, of what it does not export too. */
function docOf(url: string): DocModule {
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["doc", "--quiet", "--json", "--private", url],
    ...{ stdin: "null", env: { NO_COLOR: "1" } },
  }).outputSync();
  if (!success) throw new Error(`deno doc: ${new TextDecoder().decode(stderr).trim()}`);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  return nodes[url];
}

/** As `deno fmt` wants it, so that the file passes the same check as all others. */
export async function documentText(): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=json", "--line-width=110", "-"],
    ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(openApi(), undefined, 2)));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new Error(`deno fmt: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  const text = await documentText();
  if (text !== await Deno.readTextFile(OUTPUT).catch(() => "")) {
    if (Deno.args.includes("--check")) {
      console.error("core/control/openapi.json differs from the API; run 'deno task generate'");
      Deno.exit(1);
    }
    await Deno.writeTextFile(OUTPUT, text);
    console.error("wrote core/control/openapi.json");
  }
}
