import { deepEqual, equal } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats } from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";
import { connect } from "./probe.ts";

const PLUGIN = new URL("../third_party/quiet-hours/quiet-hours.ts", import.meta.url).pathname;
/** All day, or never. */
const entry = (name: string, end: string) =>
  `${name}: { from: ${PLUGIN}, trusted: true, programs: [/run/probe/call], begin: "00:00", end: "${end}" }`;
const RULES = "version: 1\ndefault: allow\nrules: []\n";

async function plugins(daemon: Daemon): Promise<Stats["daemon"]["plugins"]> {
  using client = new ControlClient(daemon.socket);
  return (await client.get<Stats>(PATHS.stats)).daemon.plugins;
}

Deno.test("third party: a trusted plugin decides in the reactor, by its options, and another after a reload", async () => {
  await using daemon = await Daemon.start({
    rules: RULES,
    default: "allow",
    plugins: [entry("quiet", "23:59")],
  });
  // The last minute of a day is no part of them.
  equal(await connect("127.0.0.1:9"), "ENETUNREACH");
  const [, quiet] = await plugins(daemon);
  deepEqual([quiet!.name, quiet!.version, quiet!.lane, quiet!.trust, quiet!.calls, quiet!.denied], [
    ...["quiet", "1.0.0", "fast", "trusted"],
    ...[1, 1],
  ]);
  await daemon.reload(RULES, [entry("quiet", "00:00")]);
  equal(await connect("127.0.0.1:9"), "0");
});
