import { deepEqual, equal, ok } from "node:assert/strict";
import { Ajv2020 } from "ajv";
import { event } from "../testing.ts";
import { PATHS } from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";
import { documentText, openApi } from "./generate.ts";
import { eventJson } from "./json.ts";
import { mayChange, OPERATIONS } from "./operations.ts";
import { Schemas } from "./schema.ts";

const daemon = { observe: () => () => {}, questions: {} } as unknown as Controlled;

Deno.test("openapi: every route of the control API is in the table of operations, and none else is", () => {
  const routes = controlApp(daemon, 0).routes.filter(({ method }) => method !== "ALL")
    // `/v1/rows/:number{[0-9]+}` is `/v1/rows/{number}`.
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^/]*\})?/g, "{$1}")}`);
  const told = OPERATIONS.filter(({ isOfPage }) => !isOfPage)
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  deepEqual([...new Set(routes)].toSorted(), told.toSorted());
});

Deno.test("openapi: every path that clients know is in it", () => {
  const known = new Set(OPERATIONS.map(({ path }) => path));
  deepEqual(Object.values(PATHS).filter((path) => !known.has(path)), []);
});

Deno.test("openapi: the document is what the API is now", async () => {
  const isSame = await Deno.readTextFile(new URL("./openapi.json", import.meta.url)) === await documentText();
  ok(isSame, "core/control/openapi.json differs from the API; run 'deno task generate'");
});

Deno.test("openapi: it is served, to whoever may read", async () => {
  const response = await controlApp(daemon, 0).request(PATHS.openapi, {}, { peer: { uid: 1000 } });
  deepEqual([response.status, await response.json()], [200, openApi()]);
});

Deno.test("openapi: what the daemon says is as its schemas have it, and something else is not", () => {
  const { components } = openApi() as { components: { schemas: Record<string, object> } };
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(JSON.parse(JSON.stringify({ $id: "snet:api", components })));
  const fits = (name: string, value: unknown) =>
    ajv.compile({ $ref: `snet:api#/components/schemas/${name}` })(JSON.parse(JSON.stringify(value)));
  ok(fits("EventJson", eventJson(event({ remote: { ip: "192.0.2.1", port: 443 } }))));
  ok(!fits("EventJson", { ...eventJson(event()), name: 7 }));
  ok(!fits("EventJson", {}));
  ok(fits("QuestionChange", { kind: "closed", id: "q1", how: "late" }));
  ok(!fits("QuestionChange", { kind: "closed", id: "q1", how: "never" }));
  ok(fits("WebLinkJson", { role: "read" }));
  ok(!fits("WebLinkJson", { role: "root" }));
});

Deno.test("openapi: a type that has no schema stops it by name", () => {
  const property = (value: string) => ({ name: "a", tsType: { kind: "keyword", repr: value, value } });
  const find = (_: string, name: string) => {
    if (name !== "Odd") return undefined;
    const def = { properties: [property("bigint")] };
    return { module: "x.ts", declaration: { kind: "interface", location: { filename: "x.ts" }, def } };
  };
  for (
    const [name, message] of [["Odd", "x.ts: no schema for the type bigint"], [
      "None",
      'x.ts: there is no type "None"',
    ]]
  ) {
    let said = "";
    try {
      new Schemas(find).add("x.ts", name!);
    } catch (error) {
      said = (error as Error).message;
    }
    equal(said, message);
  }
});

Deno.test("roles: read changes nothing, answer what the table gives it, admin all", () => {
  ok(!mayChange("read", "POST", "/v1/questions/q1/answer"));
  ok(mayChange("answer", "POST", "/v1/questions/q1/answer"));
  for (
    const [method, path] of [
      ["PUT", "/v1/questions/q1/answer"],
      ["POST", "/v1/questions/q1/answer/"],
      ["POST", "/v1/questions/q1/q2/answer"],
      ["POST", "x/v1/questions/q1/answer"],
      ["POST", "/v1/reload"],
      ["POST", "/v1/rows/7"],
    ] as const
  ) {
    ok(!mayChange("answer", method, path), path);
    ok(mayChange("admin", method, path));
  }
});
