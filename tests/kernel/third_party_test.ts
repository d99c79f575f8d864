import { deepEqual, equal } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats, type Status } from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";
import { connect } from "./probe.ts";
import { until } from "./until.ts";

const PLUGIN = new URL("../third_party/quiet-hours/quiet-hours.ts", import.meta.url).pathname;
/** All day, or never. */
const entry = (name: string, end: string) =>
  `${name}: { from: ${PLUGIN}, trusted: true, programs: [/run/probe/call], begin: "00:00", end: "${end}" }`;
const RULES = "version: 1\nrules: []\n";

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

Deno.test("third party: a changed file decides anew when it is written, and one with a mistake changes nothing", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const write = (errno: number) =>
      Deno.writeTextFile(
        `${folder}/own.ts`,
        `import { definePlugin, deny } from "snet";
export default definePlugin({
  name: "own", doc: "For tests.", on: ["snet.connect"], options: {},
  setup: () => ({ decide: () => deny("no", { errno: ${errno} }) }),
});
`,
      );
    await write(13);
    const own = `own: { from: ${folder}/own.ts, trusted: true }`;
    await using daemon = await Daemon.start({ rules: RULES, plugins: [own] });
    equal(await connect("127.0.0.1:9"), "EACCES");
    await write(111);
    await until("the changed plugin", async () => await connect("127.0.0.1:9") === "ECONNREFUSED");
    await Deno.writeTextFile(`${folder}/own.ts`, "export default 1;\n");
    using client = new ControlClient(daemon.socket);
    await until("the refusal", async () => {
      const { refused } = await client.get<Status>(PATHS.status);
      return refused?.includes('plugin "own": its default export is the number 1, not a plugin') === true;
    });
    equal(await connect("127.0.0.1:9"), "ECONNREFUSED");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
