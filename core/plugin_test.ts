import assert from "node:assert/strict";
import { Chain } from "./chain.ts";
import type { PluginTable } from "./config.ts";
import { definePlugin } from "./plugin.ts";
import type { PluginContext } from "./plugin.ts";
import { setUp } from "./setup.ts";
import { event } from "./testing.ts";
import { allow, ask } from "./verdict.ts";

const context: PluginContext = { clock: () => 0, verifiedExe: () => true };
const about = { doc: "For tests.", on: ["*"], options: {} } as const;

Deno.test("a plugin of the fast lane that waits is refused by the compiler, and fails where nobody has asked that", () => {
  const waits = definePlugin({
    ...about,
    name: "waits",
    // @ts-expect-error: a promise is no answer of the fast lane.
    setup: () => ({ decide: () => Promise.resolve(allow("in time")) }),
  });
  const links = setUp(
    { waits },
    [{ name: "waits", prepared: {}, where: "snet.yaml:1:1", place: 0 }],
    context,
  );
  const chain = new Chain(links, "deny");
  assert.equal(chain.decide(event()).cause, "failed");
  assert.match(chain.counts.plugins[0]!.lastFailure!, /must not wait/);
});

Deno.test("a plugin of the slow lane may answer at once or later, and knows when its time is over", async () => {
  const patient = definePlugin({
    ...about,
    name: "patient",
    lane: "slow",
    setup: () => ({
      async decide({ remote }, { signal, deadline }) {
        await Promise.resolve();
        return signal.aborted || deadline < 0 ? undefined : allow(`to ${remote?.port}`);
      },
    }),
  });
  const { signal } = new AbortController();
  const verdict = await patient.setup({}, context).decide!(event(), {
    signal,
    deadline: 1,
    calls: 1,
    asked: undefined,
  });
  assert.equal(verdict?.why, "to 443");
});

Deno.test("a plugin that is declared to ask gets what another says ask about", () => {
  const table: PluginTable = {
    asker: definePlugin({
      ...about,
      name: "asker",
      asks: true,
      setup: () => ({ decide: () => allow("yes") }),
    }),
    doubts: definePlugin({ ...about, name: "doubts", setup: () => ({ decide: () => ask("who?") }) }),
  };
  const prepared = ["doubts", "asker"].map((name, place) => ({
    name,
    prepared: {},
    where: "snet.yaml:1:1",
    place,
  }));
  const decision = new Chain(setUp(table, prepared, context), "deny").decide(event());
  assert.deepEqual([decision.cause, decision.plugin], ["verdict", "asker"]);
});
