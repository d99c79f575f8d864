import assert from "node:assert/strict";
import type { NameChains, PluginContext, SnetEvent } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import awaitNames from "./mod.ts";
import { NameWait } from "./wait.ts";

/** A wait whose time and names a test makes. */
function stage(wait = 20) {
  const names = new Map<string, NameChains>();
  let time = 0;
  const due: (() => void)[] = [];
  const calls = { looks: 0, pauses: [] as number[] };
  const waiting = new NameWait({
    names: ({ remote }: SnetEvent) => {
      calls.looks++;
      return names.get(remote!.ip!);
    },
    wait,
    now: () => time,
    later: (milliseconds, act) => {
      calls.pauses.push(milliseconds);
      due.push(act);
    },
  });
  /** Lets milliseconds go by; what was due is done after each. */
  const pass = (milliseconds: number) => {
    for (let i = 0; i < milliseconds; i++) {
      time++;
      for (const act of due.splice(0)) act();
    }
  };
  return { names, waiting, pass, calls, timers: () => due.length };
}

const to = (ip: string) => event({ remote: { ip, port: 443 } });
const NEVER = new AbortController().signal;

/** Whether a promise is settled once everything has been done that can be. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  const turn = Promise.resolve().then(() => Promise.resolve()).then(() => open);
  return await Promise.race([promise, turn]) !== open;
}

Deno.test("a call whose address has a name does not wait", () => {
  const { names, waiting, timers } = stage();
  names.set("192.0.2.1", [["www.example"]]);
  assert.equal(waiting.until(to("192.0.2.1"), NEVER), undefined);
  assert.deepEqual(waiting.counts, { "named already": 1, "named in time": 0, "without a name": 0 });
  assert.equal(timers(), 0);
});

Deno.test("a call waits until the name comes, and not for others' names", async () => {
  const { names, waiting, pass } = stage();
  const [first, second] = [waiting.until(to("192.0.2.1"), NEVER)!, waiting.until(to("192.0.2.2"), NEVER)!];
  pass(3);
  names.set("192.0.2.2", [["www.example"]]);
  pass(1);
  assert.deepEqual([await isSettled(first), await isSettled(second)], [false, true]);
  pass(15);
  assert.equal(await isSettled(first), false);
  pass(1);
  assert.equal(await isSettled(first), true);
  assert.deepEqual(waiting.counts, { "named already": 0, "named in time": 1, "without a name": 1 });
});

Deno.test("while nobody waits nothing is looked at", () => {
  const { waiting, pass, calls, timers } = stage();
  for (let i = 0; i < 100; i++) waiting.until(to(`192.0.2.${i}`), NEVER);
  assert.equal(timers(), 1);
  pass(25);
  assert.equal(timers(), 0);
  const { looks } = calls;
  pass(25);
  assert.equal(calls.looks, looks);
});

Deno.test("the more calls wait, the more seldom each is looked at", () => {
  const { waiting, pass, calls } = stage(1000);
  for (let i = 0; i < 2001; i++) waiting.until(to("192.0.2.1"), NEVER);
  pass(1);
  assert.deepEqual(calls.pauses, [1, 5]);
});

Deno.test("a call that ends is not waited for any longer", async () => {
  const { waiting, pass, timers } = stage();
  const abort = new AbortController();
  const promise = waiting.until(to("192.0.2.1"), abort.signal)!;
  abort.abort();
  assert.equal(await isSettled(promise), true);
  pass(1);
  assert.equal(timers(), 0);
  assert.deepEqual(waiting.counts, { "named already": 0, "named in time": 0, "without a name": 0 });
});

Deno.test("what leads to this machine, or is no IP, does not wait", () => {
  const { waiting } = stage();
  for (const ip of ["127.0.0.53", "0.0.0.0", "::1", "::"]) {
    assert.equal(waiting.until(to(ip), NEVER), undefined, ip);
  }
  assert.equal(waiting.until(event({ remote: { path: "/run/x" } }), NEVER), undefined);
  assert.equal(waiting.until(event({ remote: undefined }), NEVER), undefined);
  assert.notEqual(waiting.until(to("2001:db8::1"), NEVER), undefined);
});

Deno.test("without a source of names nothing waits, and the log says so", () => {
  const lines: string[] = [];
  const context: PluginContext = {
    clock: () => 0,
    verifiedExe: () => true,
    log: (level, line) => void lines.push(`${level}: ${line}`),
  };
  const instance = awaitNames.setup(awaitNames.prepare!({ wait: 20 }, context), context);
  assert.equal(instance.decide, undefined);
  assert.deepEqual(lines, [
    'warning: await-names: nothing is waited for: "names" in snet.yaml names no resolver that tells names',
  ]);
});

Deno.test("it never has an opinion, and leaves tickets to those behind it", async () => {
  const context: PluginContext = { clock: () => 0, verifiedExe: () => true, names: () => [["www.example"]] };
  const { decide } = awaitNames.setup({ wait: 20 }, context);
  const called = to("192.0.2.1");
  assert.equal(await decide!(called, { signal: NEVER, deadline: 0, asked: undefined, calls: 1 }), undefined);
  const before = called.read;
  called.readVolatile();
  assert.notEqual(called.read, before);
});
