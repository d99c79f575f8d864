/** What the compiler refuses in a plugin: each line that it must refuse says so, and the type check fails where it does not. */

import assert from "node:assert/strict";
import { allow, ask, definePlugin, defineSubsystem, deny } from "snet";
import type { Verdict } from "snet";
import { load } from "snet/testing";

const plain = { name: "plain", doc: "For tests.", options: {} } as const;

const door = defineSubsystem({
  name: "door",
  doc: "Doors, for tests.",
  events: { opened: { doc: "A door is opened." } },
  attributes: { badge: { type: "integer", doc: "Number of the badge." } },
});

Deno.test("events are those of the protocol, or of a declared family", () => {
  definePlugin({ ...plain, on: ["snet.connect", "snet.in", "*", door.events.opened], setup: () => ({}) });
  // @ts-expect-error: no event has this name
  definePlugin({ ...plain, on: ["snet.conect"], setup: () => ({}) });
  // @ts-expect-error: a text becomes the name of an event where its family is declared
  definePlugin({ ...plain, on: ["door.opened"], setup: () => ({}) });
  // @ts-expect-error: an instance has no events either but those
  definePlugin({ ...plain, on: [], setup: () => ({ events: ["snet.conect"] }) });
});

Deno.test("verdicts are allow, deny, ask, or nothing", () => {
  const on = ["snet.connect"] as const;
  const verdicts: readonly (Verdict | undefined)[] = [
    allow("a"),
    deny("b", { errno: 111 }),
    ask("c"),
    undefined,
  ];
  verdicts.forEach((verdict) => definePlugin({ ...plain, on, setup: () => ({ decide: () => verdict }) }));
  // @ts-expect-error: a word is no verdict
  definePlugin({ ...plain, on, setup: () => ({ decide: () => "deny" }) });
  // @ts-expect-error: true is no verdict
  definePlugin({ ...plain, on, setup: () => ({ decide: () => true }) });
  // @ts-expect-error: there is no such action
  definePlugin({ ...plain, on, setup: () => ({ decide: () => ({ action: "drop", why: "" }) }) });
  // @ts-expect-error: a verdict has a reason
  definePlugin({ ...plain, on, setup: () => ({ decide: () => ({ action: "deny" }) }) });
  // @ts-expect-error: a reason comes first
  deny({ errno: 111 });
});

Deno.test("only a plugin of the slow lane may answer by a promise", () => {
  const on = ["snet.connect"] as const;
  definePlugin({
    ...plain,
    on,
    lane: "slow",
    setup: () => ({ decide: () => Promise.resolve(allow("later")) }),
  });
  // @ts-expect-error: the fast lane waits for nobody
  definePlugin({ ...plain, on, setup: () => ({ decide: () => Promise.resolve(allow("later")) }) });
});

Deno.test("options have the types that they declare", async () => {
  const plugin = definePlugin({
    ...plain,
    on: ["snet.connect"],
    options: {
      most: { type: "integer", default: 2, doc: "A number." },
      mode: { type: "choice", choices: ["soft", "hard"], default: "soft", doc: "A word." },
      note: { type: "string", optional: true, doc: "A text." },
    },
    setup({ most, mode, note }) {
      const number: number = most;
      const word: "soft" | "hard" = mode;
      // @ts-expect-error: it may be left out
      const text: string = note;
      // @ts-expect-error: there is no such choice
      const wrong = mode === "loud";
      return { decide: () => number === 3 ? deny(`${word} ${text} ${wrong}`) : undefined };
    },
  });
  const { decide } = load(plugin, { most: 3 });
  // In the fast lane no promise is waited for.
  const verdict: Verdict | undefined = decide({});
  assert.equal(verdict?.why, "soft undefined false");
  const slow = definePlugin({
    ...plain,
    on: ["snet.connect"],
    lane: "slow",
    setup: () => ({ decide: () => allow("a") }),
  });
  const promise: Promise<Verdict | undefined> = load(slow).decide({});
  assert.equal((await promise)?.why, "a");
});
