import { deepEqual, equal, match } from "node:assert/strict";
import { geteuid } from "../../ffi/mod.ts";
import { PATHS } from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";
import type { RuleDesk } from "./rule_desk.ts";
import { serveControl } from "./server.ts";

/** What reaches the desk is told back. */
const desk = {
  list: (mayChange: boolean) => Promise.resolve({ mayChange }),
  file: (path: string, mayChange: boolean) => ({ path, mayChange }),
  check: (draft: object) => Promise.resolve(draft),
  save: (draft: object) => Promise.resolve(draft),
  begin: () => Promise.resolve({}),
  undo: () => Promise.resolve({ undone: true }),
} as unknown as RuleDesk;

const ask = (path: string, uid: number | undefined, method = "GET", body?: unknown, rules?: RuleDesk) =>
  controlApp({ rules: rules ?? desk } as Controlled, 500).request(path, {
    method,
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  }, { peer: { uid } });

Deno.test("all may see rules; who may change them is root and the daemon's own user", async () => {
  for (const [uid, mayChange] of [[0, true], [500, true], [1000, false], [undefined, false]] as const) {
    deepEqual(await (await ask(PATHS.rules, uid)).json(), { mayChange });
    deepEqual(await (await ask(`${PATHS.ruleFile}?path=%2Fa`, uid)).json(), { path: "/a", mayChange });
    const changes = [
      await ask(PATHS.ruleCheck, uid, "POST", { path: "/a", text: "" }),
      await ask(PATHS.ruleFile, uid, "PUT", { path: "/a", text: "", tag: "" }),
      await ask(PATHS.ruleUndo, uid, "POST"),
      await ask(PATHS.ruleNew, uid, "POST", { folder: "/a", name: "b" }),
    ];
    deepEqual(changes.map(({ status }) => status), Array(4).fill(mayChange ? 200 : 403));
  }
  equal((await ask(PATHS.ruleFile, 0)).status, 400);
});

Deno.test("bodies are strictly what they should be", async () => {
  for (
    const [body, error] of [
      ["{", "The body is no JSON"],
      [[], "The body is no object"],
      [null, "The body is no object"],
      [{ path: "/a" }, "text: a text is expected"],
      [{ path: 1, text: "" }, "path: a text is expected"],
      [{ path: "/a", text: "", more: 1 }, 'unknown key "more"'],
    ] as const
  ) {
    const answer = await ask(PATHS.ruleCheck, 0, "POST", body);
    deepEqual([answer.status, await answer.json()], [400, { error }]);
  }
  const none = await controlApp({} as Controlled, 0).request(PATHS.rules, {}, { peer: { uid: 0 } });
  equal(none.status, 404);
});

Deno.test("over the socket a whole file comes along, where it is one of rules", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  {
    const app = controlApp({ rules: desk } as Controlled, geteuid());
    await using _server = await serveControl(path, undefined, app);
    const post = async (to: string, text: string) => {
      using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
      const body = JSON.stringify({ path: "/a", text });
      const init = { method: "POST", client, body };
      const answer = await fetch(`http://snet${to}`, init);
      return [answer.status, (await answer.text()).length];
    };
    const text = "é€x\n".repeat(50_000);
    deepEqual(await post(PATHS.ruleCheck, text), [200, JSON.stringify({ path: "/a", text }).length]);
    equal((await post(PATHS.reload, "x".repeat(4097)))[0], 413);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("moves and rules to be made are strictly what they should be", async () => {
  const move = { path: "/a", tag: "t", from: 1, to: 0 };
  const made = { row: 7, action: "allow" };
  for (
    const [path, body, error] of [
      [PATHS.ruleMove, { ...move, from: -1 }, /places from 0/],
      [PATHS.ruleMove, { ...move, to: 0.5 }, /places from 0/],
      [PATHS.ruleMove, { ...move, tag: 1 }, /places from 0/],
      [PATHS.ruleMove, { ...move, more: 1 }, /unknown key/],
      [PATHS.ruleMake, { ...made, row: "7" }, /^row: /],
      [PATHS.ruleMake, { ...made, action: "ask" }, /^action: /],
      [PATHS.ruleMake, { ...made, scope: "everything" }, /^scope: /],
    ] as const
  ) {
    const answer = await ask(path, 0, "POST", body);
    equal(answer.status, 400);
    match((await answer.json()).error, error);
  }
  equal((await ask(PATHS.ruleMake, 0, "POST", made)).status, 404);
  for (
    const [path, body] of [[PATHS.ruleMove, move], [PATHS.ruleMake, made], [PATHS.rulePreview, move]] as const
  ) {
    equal((await ask(path, 1000, "POST", body)).status, 403);
  }
});
