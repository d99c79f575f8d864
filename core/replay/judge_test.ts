import assert from "node:assert/strict";
import { Judge, type ReplayLink } from "./judge.ts";
import type { PluginInstance, SlowPolicy } from "../plugin.ts";
import { event } from "../testing.ts";
import { allow, ask, deny } from "../verdict.ts";

type Decide = NonNullable<PluginInstance["decide"]>;

const POLICY: SlowPolicy = { timeout: 60_000, whenLate: "pass", whenFailed: "pass" };

/** A link that is asked about connects; without `decide` it is not asked. */
function link(name: string, decide: Decide | undefined, more: Partial<ReplayLink> = {}): ReplayLink {
  return { name, events: ["snet.connect"], instance: decide && { decide }, ...more };
}

/** Verdict, who gave it, and why it came about so; or who would be asked. */
async function decided(links: readonly ReplayLink[], fallback: "allow" | "deny" = "deny") {
  const outcome = await new Judge(links, fallback).decide(event());
  if ("open" in outcome) return outcome.open;
  return [outcome.verdict.action, outcome.plugin, outcome.cause, outcome.named?.name ?? outcome.rule];
}

const silent = () => undefined;
const fails = () => {
  throw new Error("broken\nat once");
};

Deno.test("the first opinion wins, with the name of its rule", async () => {
  const rules = [{ name: "zero", where: "a:1:1" }, { name: "one", where: "a:2:1" }];
  const named = {
    name: "named",
    events: ["snet.connect"] as const,
    instance: { decide: () => deny("no", { rule: 1 }), rules },
  };
  assert.deepEqual(await decided([link("silent", silent), named, link("late", () => allow("yes"))]), [
    "deny",
    "named",
    "verdict",
    "one",
  ]);
});

Deno.test("what nobody decides, the default does", async () => {
  assert.deepEqual(await decided([], "allow"), ["allow", undefined, "default", undefined]);
  const others = { events: ["snet.bind"] as const };
  assert.deepEqual(await decided([link("bind", fails, others)]), ["deny", undefined, "default", undefined]);
});

Deno.test("one that only observes is passed over, and one that is not asked leaves the event open", async () => {
  const observer: ReplayLink = { name: "observer", events: ["snet.connect"], instance: { observe() {} } };
  assert.equal(await decided([observer, link("far", undefined), link("never", fails)]), "far");
});

Deno.test("after ask, only those who can ask people come to it", async () => {
  const asks = link("asks", () => ({ ...ask("is that right?"), rule: 3 }));
  const people = { asks: true };
  assert.equal(await decided([asks, link("never", fails), link("people", undefined, people)]), "people");
  assert.deepEqual(await decided([asks, link("never", fails)]), ["deny", "asks", "ask", 3]);
  const only = { asks: true, onlyAsked: true };
  assert.deepEqual(await decided([link("people", undefined, only)]), [
    "deny",
    undefined,
    "default",
    undefined,
  ]);
});

Deno.test("one of the fast lane that throws, or gives no verdict, ends in the default", async () => {
  assert.deepEqual(await decided([link("broken", fails), link("never", () => allow("yes"))]), [
    ...["deny", "broken", "failed", undefined],
  ]);
  const promise = (() => Promise.resolve(allow("yes"))) as Decide;
  assert.deepEqual(await decided([link("waits", promise)]), ["deny", "waits", "failed", undefined]);
});

Deno.test("one that may wait is heard when it answers", async () => {
  const slow = link("slow", () => Promise.resolve(allow("yes")), { policy: POLICY });
  assert.deepEqual(await decided([slow]), ["allow", "slow", "verdict", undefined]);
});

Deno.test("where one that may wait fails, its whenFailed says who answers", async () => {
  const broken = (whenFailed: SlowPolicy["whenFailed"]) =>
    link("broken", () => Promise.reject(new Error("gone")), { policy: { ...POLICY, whenFailed } });
  assert.deepEqual(await decided([broken("allow")]), ["allow", "broken", "failed", undefined]);
  assert.deepEqual(await decided([broken("pass"), link("next", () => allow("yes"))]), [
    ...["allow", "next", "verdict", undefined],
  ]);
  assert.deepEqual(await decided([broken("pass"), link("next", silent)]), [
    ...["deny", "broken", "failed", undefined],
  ]);
});

Deno.test("where one that may wait does not answer in time, it is told, and its whenLate says who does", async () => {
  let signal: AbortSignal | undefined;
  const never: Decide = (_, asking) => {
    signal = asking!.signal;
    return new Promise(() => {});
  };
  const late = link("late", never, { policy: { timeout: 1, whenLate: "allow", whenFailed: "deny" } });
  assert.deepEqual(await decided([late]), ["allow", "late", "late", undefined]);
  assert.equal(signal!.aborted, true);
});
