import { equal, match } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Stats } from "../../core/control/api.ts";
import { Daemon } from "./daemon.ts";
import { connect } from "./probe.ts";

/** Answers with what became of a connect of its own. */
const CURIOUS = `
import errno, json, socket, sys

def say(**message): print(json.dumps(message), flush=True)

def own_connect():
    with socket.socket() as own:
        return own.connect_ex(("127.0.0.1", 9))

for line in sys.stdin:
    message = json.loads(line)
    kind = message["type"]
    if kind == "hello": say(type="declaration", protocol=1, name="x", doc="", on=["snet.connect"], options={})
    if kind == "setup": say(type="ready")
    if kind == "ping": say(type="pong", id=message["id"])
    if kind == "ask":
        say(type="answer", id=message["id"], verdict={"action": "deny", "why": "as its own", "errno": own_connect()})
`;

const RULES = `version: 1
rules:
  - { name: plugins, deny: snet.connect, exe: "/usr/bin/python3*", errno: ENETUNREACH }
`;

Deno.test("sandbox: a plugin's own calls are asked about, although the daemon has started it", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  try {
    await Deno.writeTextFile(`${folder}/curious.py`, CURIOUS, { mode: 0o644 });
    await using daemon = await Daemon.start({
      rules: RULES,
      default: "allow",
      plugins: [
        `curious: { exec: [/usr/bin/python3, ${folder}/curious.py], grants: { net: ["127.0.0.1:9"] } }`,
      ],
    });
    // A call that nobody is asked about would be refused by the machine: ECONNREFUSED.
    equal(await connect("127.0.0.1:9"), "ENETUNREACH");
    using client = new ControlClient(daemon.socket);
    const { plugins } = (await client.get<Stats>(PATHS.stats)).daemon;
    equal(plugins.find(({ name }) => name === "curious")?.denied, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("sandbox: a plugin that is ended leaves calls to whenFailed, and the others answer", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  try {
    const plugin = `import { definePlugin } from "snet";
export default definePlugin({
  name: "spins", doc: "For tests.", on: ["snet.connect"], options: {},
  setup: () => ({ decide() { for (;;); } }),
});
`;
    await Deno.writeTextFile(`${folder}/spins.ts`, plugin, { mode: 0o644 });
    await using daemon = await Daemon.start({
      rules: "version: 1\nrules: []\n",
      default: "allow",
      plugins: [
        `spins: { from: ${folder}/spins.ts, limits: { alive: 500ms }, timeout: 200ms, whenLate: deny }`,
      ],
    });
    equal(await connect("127.0.0.1:9"), "EPERM");
    using client = new ControlClient(daemon.socket);
    const { plugins } = (await client.get<Stats>(PATHS.stats)).daemon;
    match(JSON.stringify(plugins.find(({ name }) => name === "spins")), /"late":1/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
