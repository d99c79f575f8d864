import assert from "node:assert/strict";
import { Action, EVENT_NUMBERS, Feature } from "../ffi/mod.ts";
import { parseConfig } from "./config.ts";
import { configureKernel, deadlines, wantedEvents } from "./kernel.ts";
import { MemorySource } from "./testing.ts";

const found = { delay: 10_000, policy: Action.Allow, limitUid: 8192, absentPolicy: Action.Allow };

Deno.test("events are those of the configuration and of the plugins, as far as the kernel has them", () => {
  const { events, missing } = wantedEvents(["snet.post_accept", "snet.connect"], ["snet.bind"], 0);
  assert.deepEqual(events, ["snet.bind", "snet.connect"]);
  assert.deepEqual(missing, ["snet.post_accept"]);
  assert.deepEqual(wantedEvents(["snet.post_accept"], [], Feature.Hooks).missing, []);
});

Deno.test("the kernel is told what is configured; the rest stays as it was found", () => {
  const source = new MemorySource();
  const config = parseConfig(
    "snet.yaml",
    "default: deny\nfamilies: inet\nkernel: { delay: 5s, absent: deny, events: { snet.bind: { delay: 1m } } }",
    {},
  );
  configureKernel(source, config, ["snet.connect"], found);
  assert.deepEqual(source.configured, [
    {
      events: 0b100,
      families: 0b100n,
      attachFlags: 0,
      payloadMax: 0,
      delay: 5000,
      policy: Action.Deny,
      limitUid: 8192,
      absentPolicy: Action.Deny,
    },
    { event: EVENT_NUMBERS["snet.bind"], delay: 60_000 },
  ]);
  const deadlineOf = deadlines(config, found);
  assert.deepEqual(deadlineOf("snet.bind"), { delay: 60_000, policy: Action.Deny });
  assert.deepEqual(deadlineOf("snet.connect"), { delay: 5000, policy: Action.Deny });
});

Deno.test("a setting that is taken out of the file goes back to what was found", () => {
  const source = new MemorySource();
  configureKernel(source, parseConfig("snet.yaml", "default: deny", {}), [], found);
  assert.equal(source.configured[0]!.delay, 10_000);
  assert.equal(source.configured[0]!.absentPolicy, Action.Allow);
});

Deno.test("without a policy of its own the kernel denies where the default does, and else stays as it was found", () => {
  const policyOf = (text: string, policy: Action) => {
    const source = new MemorySource();
    configureKernel(source, parseConfig("snet.yaml", text, {}), [], { ...found, policy });
    return source.configured[0]!.policy;
  };
  assert.equal(policyOf("default: deny", Action.Allow), Action.Deny);
  assert.equal(policyOf("default: allow", Action.Allow), Action.Allow);
  assert.equal(policyOf("default: allow", Action.Deny), Action.Deny);
  assert.equal(policyOf("default: deny\nkernel: { policy: allow }", Action.Allow), Action.Allow);
});
