import assert from "node:assert/strict";
import { parseConfig } from "../config.ts";
import { ALL_EVENTS } from "../events.ts";
import { Reactor } from "../reactor.ts";
import { Ring } from "../ring.ts";
import type { PreparedConfig } from "../setup.ts";
import { filesOf } from "./files.ts";
import { moduleOf } from "./modules.ts";

const WHERE = "snet.yaml:3:5";
const plain = parseConfig("snet.yaml", "default: deny", {});

/** A configuration with one plugin of this text. */
async function configWith(folder: string, text: string): Promise<PreparedConfig> {
  const path = `${folder}/plugin.ts`;
  await Deno.writeTextFile(path, text);
  const module = moduleOf(filesOf(path));
  const external = { id: module.id, trusted: true, program: path, isModule: true, declared: "own", module };
  const plugin = { name: "own", where: WHERE, place: 0, prepared: {}, external };
  return { ...plain, plugins: [plugin] };
}

/** Allows the port; state of its own would be seen. */
const allowing = (port: number) =>
  `import { allow, definePlugin } from "snet";
export default definePlugin({
  name: "own", doc: "For tests.", on: ["snet.connect"], options: {},
  setup: () => ({ decide: (event) => event.remote?.port === ${port} ? allow("that port") : undefined }),
});
`;

/** Runs a real Worker that holds two calls, to the ports 1 and 2, and again whenever tickets are dropped. */
async function withReactor(run: (reactor: Reactor, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const url = import.meta.resolve("../testing_reactor.ts");
  const reactor = await Reactor.start(await configWith(folder, allowing(1)), {
    spawn: () => new Worker(url, { type: "module", name: "2" }),
    ring: Ring.ofSize(4096),
    onFailure: (_plugin, message) => assert.fail(message),
    onRestart: (why) => assert.fail(why),
    source: {
      ...{ kind: "seccomp", listener: -1, waitKillable: true, events: ALL_EVENTS },
      ...{ sendAll: false, payload: 0, delay: 60_000 },
    },
  });
  try {
    await run(reactor, folder);
  } finally {
    await reactor.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

/** How many of the plugin's calls it has allowed since it was loaded, when so many calls have been answered in all. */
async function allowedAfter(reactor: Reactor, answered: number): Promise<number> {
  for (;;) {
    const { source, chain } = await reactor.counts();
    if (source!.allowed! + source!.denied! >= answered) return chain.plugins[0]!.allowed;
  }
}

Deno.test("the reactor's Worker imports a trusted plugin, and a changed one at a reload, and asks it", () =>
  withReactor(async (reactor, folder) => {
    assert.equal(await allowedAfter(reactor, 2), 1);
    await reactor.load(await configWith(folder, allowing(99)));
    await reactor.flush();
    assert.equal(await allowedAfter(reactor, 4), 0);
    await reactor.load(await configWith(folder, allowing(2)));
    await reactor.flush();
    assert.equal(await allowedAfter(reactor, 6), 1);
  }));

Deno.test("a Worker that cannot import goes on with what it had", () =>
  withReactor(async (reactor, folder) => {
    const broken = `if ("WorkerGlobalScope" in globalThis) throw new Error("not here");\n${allowing(2)}`;
    await assert.rejects(reactor.load(await configWith(folder, broken)), {
      message: `${WHERE}: plugin "own": not here (at ${folder}/plugin.ts:1:46)`,
    });
    await reactor.flush();
    assert.equal(await allowedAfter(reactor, 4), 2);
  }));

Deno.test("in the Worker too a plugin that is kept goes on with what it knows", () =>
  withReactor(async (reactor, folder) => {
    const first = `import { allow, definePlugin } from "snet";
export default definePlugin({
  name: "own", doc: "For tests.", on: ["snet.connect"], options: {},
  setup: () => {
    let isFirst = true;
    return { decide: () => isFirst ? (isFirst = false, allow("the first")) : undefined };
  },
});
`;
    const config = await configWith(folder, first);
    await reactor.load(config);
    await reactor.flush();
    assert.equal(await allowedAfter(reactor, 4), 1);
    const [plugin] = config.plugins;
    await reactor.load({ ...config, plugins: [{ ...plugin!, kept: 0 }] });
    await reactor.flush();
    assert.equal(await allowedAfter(reactor, 6), 0);
  }));
