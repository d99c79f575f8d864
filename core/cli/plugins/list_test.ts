import assert from "node:assert/strict";
import { definePlugin } from "../../plugin.ts";
import { Recorder } from "../recorder.ts";
import { list, listLines } from "./list.ts";

const words = definePlugin({
  name: "words",
  doc: "For tests.",
  on: ["snet.connect"],
  options: {},
  setup: () => ({}),
});

Deno.test("what a daemon counts stands beside each plugin, and what is granted below it", () => {
  const none = { asked: 0, failed: 0, late: 0 };
  assert.deepEqual(
    listLines([
      {
        ...{ name: "rules", lane: "fast", trust: "built-in" },
        counted: { calls: 1000, allowed: 900, denied: 3, ...none, time: { p50: 0.4375, p99: 12.25 } },
      },
      {
        ...{ name: "greylist", version: "1.2", lane: "slow", trust: "sandboxed" },
        grants: { read: ["/etc/a", "/etc/b"], write: [], net: ["192.0.2.7:443"], env: [] },
        counted: {
          calls: 97,
          allowed: 9,
          denied: 8,
          ...none,
          restarts: 2,
          time: { p50: 69_000, p99: 3.1e6 },
        },
      },
      {
        ...{ name: "new", lane: "slow", trust: "trusted" },
        counted: { calls: 0, allowed: 0, denied: 0, ...none },
      },
    ]),
    [
      "PLUGIN    VERSION  LANE  TRUST      CALLS  ALLOWED  DENIED  ASKED  FAILED  LATE     p50    p99  RESTARTS",
      "rules     -        fast  built-in    1000      900       3      0       0     0  0.4 µs  12 µs         -",
      "greylist  1.2      slow  sandboxed     97        9       8      0       0     0   69 ms  3.1 s         2",
      "  granted: read /etc/a, /etc/b; net 192.0.2.7:443",
      "new       -        slow  trusted        0        0       0      0       0     0       -      -         -",
    ],
  );
});

Deno.test("without a daemon the configuration tells which plugins there are", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/own.ts`,
      `export default { name: "own", doc: "d", version: "2", on: ["snet.connect"], options: {}, setup: () => ({}) };\n`,
    );
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [words, mine: { from: own.ts, trusted: true }]\n",
    );
    const output = new Recorder(200);
    await list({ config: `${folder}/snet.yaml`, socket: "/nowhere" }, { words }, output);
    assert.deepEqual(output.lines, [
      "PLUGIN  VERSION  LANE  TRUST",
      "words   -        fast  built-in",
      "mine    2        fast  trusted",
      `  ${folder}/own.ts`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
