import assert from "node:assert/strict";
import { definePlugin } from "../plugin.ts";
import type { Verdict } from "../verdict.ts";
import { allow, deny } from "../verdict.ts";
import { event, load } from "./testing.ts";

const plain = { name: "plain", doc: "For tests.", on: ["snet.connect"], options: {} } as const;
const answering = (verdict: Verdict | undefined) =>
  definePlugin({ ...plain, setup: () => ({ decide: () => verdict }) });

Deno.test("options are read as those of snet.yaml, with defaults, and refused in its words", () => {
  const seen: unknown[] = [];
  const plugin = definePlugin({
    ...plain,
    options: {
      wait: { type: "duration", default: 5000, doc: "A time." },
      mode: { type: "choice", choices: ["soft", "hard"], doc: "A word." },
    },
    setup: (options) => {
      seen.push(options);
      return {};
    },
  });
  load(plugin, { mode: "hard" });
  load(plugin, { mode: "soft", wait: "2m" });
  assert.deepEqual(seen, [{ wait: 5000, mode: "hard" }, { wait: 120_000, mode: "soft" }]);
  assert.throws(() => load(plugin), { message: 'plugin "plain" needs the option "mode": A word.' });
  assert.throws(() => load(plugin, { mode: "hart", wiat: "1s" }), {
    message:
      '"hart" is not one of soft, hard; did you mean "hard"?\nunknown key "wiat" for plugin "plain"; did you mean "wait"?',
  });
});

Deno.test("it is asked only about events that it is woken for", () => {
  const { decide } = load(answering(allow("yes")));
  assert.equal(decide(event())?.action, "allow");
  assert.equal(decide({ name: "snet.bind" }), undefined);
});

Deno.test("what is no verdict is thrown, and a promise of the fast lane is none", () => {
  const wrong = (answer: unknown) => load(answering(answer as Verdict));
  assert.throws(() => wrong({ action: "drop", why: "" }).decide({}), /action "drop" instead of a verdict/);
  assert.throws(
    () => wrong(Promise.resolve()).decide({}),
    /a promise \(a plugin of the fast lane must not wait\)/,
  );
  assert.throws(() => wrong({ action: "deny", why: "", errno: 0 }).decide({}), /errno 0 is not between/);
});

Deno.test("a ticket is told where the verdict wants one and nothing was read that none can hold", () => {
  const plugin = definePlugin({
    ...plain,
    setup: (_, { clock }) => ({
      decide(event) {
        if (event.task.comm === "late") event.readVolatile();
        return event.task.comm === "never" ? deny("no") : deny(`at ${clock()}`, { remember: 1000 });
      },
    }),
  });
  const loaded = load(plugin);
  const ticketOf = (comm: string) => (loaded.decide({ task: { comm } }), loaded.ticket);
  assert.deepEqual(["curl", "late", "never"].map(ticketOf), [["comm"], undefined, undefined]);
});

Deno.test("in the slow lane it answers by a promise, is told of the asking, and fails by rejecting", async () => {
  const plugin = definePlugin({
    ...plain,
    lane: "slow",
    timeout: 200,
    setup: () => ({
      decide: async (_event, { signal, asked, calls }) => {
        if (signal.aborted) throw new Error("nobody waits");
        return await Promise.resolve(deny(`${asked?.why} ${calls}`));
      },
    }),
  });
  const { decide, policy } = load(plugin, { whenLate: "deny" });
  assert.deepEqual(policy, { timeout: 200, whenLate: "deny", whenFailed: "pass" });
  const asked = { plugin: "rules", rule: undefined, why: "who knows" };
  assert.equal((await decide({}, { asked, calls: 3 }))?.why, "who knows 3");
  await assert.rejects(decide({}, { signal: AbortSignal.abort() }), { message: "nobody waits" });
});

Deno.test("the clock stands still until the test lets it go on, and what is logged can be looked at", () => {
  const plugin = definePlugin({
    ...plain,
    setup: (_, { clock, log }) => ({
      observe: (event, { verdict }, { time }) =>
        log?.("info", `${event.name} ${verdict.action} ${clock() - time}`),
      notice: (event) => log?.("warning", `${event.name} told`),
      counters: () => ({ now: clock() }),
    }),
  });
  const loaded = load(plugin, {}, { now: 1000 });
  loaded.clock.advance(500);
  assert.deepEqual(loaded.instance.counters!(), { now: 1500 });
  loaded.observe({}, { verdict: { action: "deny" } }, { time: 1400 });
  loaded.observe({ name: "snet.bind" });
  loaded.notice({});
  assert.deepEqual(loaded.logged, [
    { level: "info", message: "snet.connect deny 100" },
    { level: "warning", message: "snet.connect told" },
  ]);
});

Deno.test("what is prepared in the fast lane must be fit to be handed to another thread", () => {
  const plugin = definePlugin({ ...plain, prepare: () => ({ code: () => 1 }), setup: () => ({}) });
  assert.throws(() => load(plugin), /could not be cloned/);
});
