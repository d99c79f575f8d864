import assert from "node:assert/strict";
import type { Options, PluginContext } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import payload from "./mod.ts";

type PayloadOptions = Options<typeof payload.options>;

const DEFAULTS: PayloadOptions = {
  words: [],
  files: [],
  regexps: [],
  "ignore-case": false,
  found: "deny",
  errno: "EPERM",
  except: [],
};

const context: PluginContext = { clock: () => 0, verifiedExe: ({ task }) => task.exeMntns !== 1 };

function load(options: Partial<PayloadOptions>) {
  const prepared = payload.prepare!({ ...DEFAULTS, ...options }, context);
  // As it reaches the reactor.
  return payload.setup(structuredClone(prepared), context);
}

function decide(
  options: Partial<PayloadOptions>,
  sent: EventInit["payload"] | undefined,
  init: EventInit = {},
) {
  return load(options).decide!(
    event({ name: "snet.sendmsg", ...(sent !== undefined && { payload: sent }), ...init }),
  );
}

Deno.test("what is sent with a word in it is denied; the next plugin decides about the rest", () => {
  const options = { words: ["secret"], errno: "ECONNREFUSED" };
  assert.deepEqual(decide(options, "my secret!"), {
    action: "deny",
    why: 'what is sent holds "secret"',
    rule: 0,
    errno: 111,
  });
  assert.deepEqual(["my SECRET", "secre", ""].map((sent) => decide(options, sent)), [
    undefined,
    undefined,
    undefined,
  ]);
  assert.equal(decide(options, undefined), undefined);
});

Deno.test("words of files and expressions", () => {
  const options = { words: ["one"], files: [{ path: "w", text: "two\n" }], regexps: ["^three", "f.ur$"] };
  const rules = ["one", "x two", "three", "x three", "my four"].map((sent) => decide(options, sent)?.rule);
  assert.deepEqual(rules, [0, 1, 2, undefined, 3]);
  const names = load(options).rules!;
  assert.equal(names.length, 4);
  assert.deepEqual([0, 1, 2, 3, 4].map((rule) => names.at(rule)), [
    { name: '"one"', where: "words, number 1" },
    { name: '"two"', where: "w:1:1" },
    { name: "/^three/", where: "regexps, number 1" },
    { name: "/f.ur$/", where: "regexps, number 2" },
    undefined,
  ]);
});

Deno.test("expressions that are too large for a table find the same", () => {
  const options = { regexps: ["a.{20}b"] };
  assert.equal(decide(options, `xa${"y".repeat(20)}b`)?.action, "deny");
  assert.equal(decide(options, `xa${"y".repeat(19)}b`), undefined);
});

Deno.test("either case, of words and expressions", () => {
  const options = { words: ["Word"], regexps: ["(?i)a1", "b2"], "ignore-case": true };
  assert.deepEqual(["wORD", "A1", "B2"].map((sent) => decide(options, sent)?.rule), [0, 1, 2]);
});

Deno.test("other answers than deny have no errno", () => {
  const why = 'what is sent holds "a"';
  assert.deepEqual(decide({ words: ["a"], found: "allow" }, "a"), { action: "allow", why, rule: 0 });
  assert.deepEqual(decide({ words: ["a"], found: "ask" }, "a"), { action: "ask", why, rule: 0 });
  assert.equal(load({ words: ["a"], found: "ask" }).asksAt, true);
});

Deno.test("programs that are excepted are not looked into, where their path can be believed", () => {
  const options = { words: ["a"], except: ["/opt/**"] };
  assert.equal(decide(options, "a", { task: { exe: "/opt/x" } }), undefined);
  assert.equal(decide(options, "a", { task: { exe: "/opt/x", exeMntns: 1 } })?.action, "deny");
  assert.equal(decide(options, "a")?.action, "deny");
});

Deno.test("no ticket repeats what was decided by what was sent", () => {
  const volatile = event();
  volatile.readVolatile();
  for (const sent of ["a", "b"]) {
    const asked = event({ name: "snet.sendmsg", payload: sent });
    load({ words: ["a"] }).decide!(asked);
    assert.equal(asked.read & volatile.read, volatile.read);
  }
});

Deno.test("options that would find nothing, or are not understood, are named", () => {
  assert.throws(() => load({}), /no words and no regexps/);
  assert.throws(() => load({ regexps: ["a("] }), /regexps "a\(": regexp, character 2: "\(" without "\)"/);
  assert.throws(() => load({ regexps: new Array(101).fill("a") }), /101 regexps are more than 100/);
  assert.throws(() => load({ regexps: new Array(9).fill("a.{99}b") }), /more than 512 states together/);
  assert.throws(() => load({ words: ["a"], errno: "EPREM" }), /did you mean "EPERM"/);
});
