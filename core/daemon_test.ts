import assert from "node:assert/strict";
import { Clock, clockGettime, COUNTER_DOCS, Feature } from "../ffi/mod.ts";
import type { CountersMessage } from "../ffi/mod.ts";
import { Chain, ruleNumber } from "./chain.ts";
import { parseConfig, readConfig } from "./config.ts";
import { Daemon } from "./daemon.ts";
import type { DaemonParts } from "./daemon.ts";
import { setUpLanes } from "./lanes.ts";
import { definePlugin } from "./plugin.ts";
import type { Attached } from "./reactor.ts";
import { Loop, NOTICE } from "./loop.ts";
import type { LoopCounts } from "./loop.ts";
import { Ring } from "./ring.ts";
import { setUp } from "./setup.ts";
import type { PreparedConfig } from "./setup.ts";
import { event, MemorySource } from "./testing.ts";
import { deny } from "./verdict.ts";

const words = definePlugin({
  name: "words",
  doc: "For tests: a rule for each line.",
  on: ["snet.connect"],
  options: { files: { type: "files", doc: "Files with words." } },
  prepare({ files }) {
    const lines = files.flatMap(({ text }) => text.split("\n").filter(Boolean));
    if (lines.includes("bad")) throw new Error("a bad word");
    onPrepare(lines);
    return lines;
  },
  setup: (lines) => ({
    decide: () => deny(lines.join(" ")),
    counters: () => ({ words: lines.length }),
    rules: lines.map((name, index) => ({ name, where: `words.txt:${index + 1}` })),
  }),
});

/** What the plugin "notes" was told of. */
const noted: string[] = [];
const notes = definePlugin({
  name: "notes",
  doc: "For tests: notes what it is told of.",
  on: ["snet.connect", "snet.close"],
  options: {},
  setup: () => ({
    observe: ({ name }, { cause, verdict }, { held, rule }) => {
      noted.push(`${name} ${verdict.action} ${cause} ${held} ${rule?.name} ${rule?.where}`);
    },
    notice: ({ name }, { held }) => void noted.push(`${name} told ${held}`),
  }),
});

const broken = definePlugin({
  name: "broken",
  doc: "For tests: cannot be told of anything.",
  on: ["snet.connect"],
  options: {},
  setup: () => ({
    observe: () => {
      throw new Error("not today");
    },
  }),
});

/** Called when the plugin "parting" is closed. */
let onClose = () => {};
const parting = definePlugin({
  name: "parting",
  doc: "For tests: takes its time to close.",
  on: ["snet.connect"],
  options: {},
  setup: () => ({ observe() {}, close: () => onClose() }),
});

const counted = definePlugin({
  name: "counted",
  doc: "For tests: has a number.",
  on: ["snet.connect"],
  options: { most: { type: "integer", default: 1, doc: "How many." } },
  prepare({ most }) {
    if (most > 9) throw new Error(`option "most": ${most} are too many`);
    return most;
  },
  setup: () => ({ decide: () => undefined }),
});

/** Called while words are prepared. */
let onPrepare: (lines: readonly string[]) => void = () => {};

/** A daemon with a folder of its own, whose reactor notes what it is told to load. */
async function inFolder(
  run: (parts: {
    daemon: Daemon;
    folder: string;
    ring: Ring;
    loaded: PreparedConfig[];
    log: string[];
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [words: { files: words.txt }]\n",
    );
    await Deno.writeTextFile(`${folder}/words.txt`, "one\ntwo\n");
    const loaded: PreparedConfig[] = [];
    const log: string[] = [];
    const attached: Attached = {
      ...{ fd: 3, events: [], missing: [], delay: 5000, policy: 1, baseline: {} },
      features: Feature.Hooks | Feature.Tickets,
    };
    const plugin = {
      ...{ name: "words", allowed: 1, denied: 0, asked: 0, failed: 0 },
      ...{ calls: 3, late: 0, cancelled: 0, shared: 0 },
    };
    const where = { place: 0, lane: "fast" } as const;
    const hits = Float64Array.of(0, 1);
    const counts: LoopCounts = {
      chain: {
        ...new Chain([], "deny").counts,
        plugins: [{ ...plugin, ...where, lastFailure: undefined, hits }],
      },
      ...{ late: 1, refused: 0, lastRefusal: undefined, malformed: 0, overruns: 0, notified: 0 },
      ...{ cancelled: [0, 2], sendFailures: 0, waiting: 0 },
    };
    const zeros = Object.fromEntries(Object.keys(COUNTER_DOCS).map((name) => [name, 0n]));
    const plugins = { words, broken, parting, notes, counted };
    const parts: DaemonParts = {
      version: "1.2.3",
      read: (draft) => {
        try {
          const path = `${folder}/snet.yaml`;
          const config = draft === undefined ? readConfig(path, plugins) : parseConfig(path, draft, plugins);
          return Promise.resolve({
            config: { ...config, control: { socket: "/here", group: "snet" } },
            plugins,
          });
        } catch (error) {
          return Promise.reject(error);
        }
      },
      context: { clock: () => 0, verifiedExe: () => true },
      reactor: {
        attached,
        restarts: 0,
        load: (config) => Promise.resolve(void loaded.push(config)),
        counts: () => Promise.resolve(counts),
        flush: () => Promise.resolve(4),
      },
      kernel: {
        stats: () => ({ ...zeros, asked: 5n } as Required<CountersMessage>),
        tickets: () => [{ event: 2, action: 0, rule: (1 << 20) | 1, key: 0b101, hits: 2n, timeLeft: 10 }],
      },
      ring: Ring.ofSize(4096),
      log: (level, message) => log.push(`${level}: ${message}`),
    };
    const { config } = await parts.read();
    const daemon = new Daemon(parts, setUpLanes(plugins, config, parts.context));
    await run({ daemon, folder, ring: parts.ring, loaded, log });
    daemon.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a reload hands the new configuration to the reactor", () =>
  inFolder(async ({ daemon, folder, loaded, log }) => {
    await Deno.writeTextFile(`${folder}/words.txt`, "one\ntwo\nthree\n");
    assert.deepEqual((await daemon.reload()).plugins, [{ name: "words", rules: 3 }]);
    assert.equal(loaded.length, 1);
    assert.deepEqual(log, ["info: Reloaded: words (3 rules)"]);
  }));

Deno.test("options are checked as a reload does it, written, loaded and undone; nothing else is loaded with them", () =>
  inFolder(async ({ daemon, folder, loaded }) => {
    const path = `${folder}/snet.yaml`;
    const text = "default: deny\nplugins:\n  - words: { files: words.txt }\n  - counted # few\n";
    await Deno.writeTextFile(path, text);
    await daemon.reload();
    loaded.length = 0;
    const wanted = async (most: number) => {
      const { file } = await daemon.plugins(true);
      return { entry: 1, name: "counted", tag: file!.tag, changes: { most } };
    };
    assert.equal((await daemon.plugins(false)).file, undefined);
    const { errors } = await daemon.options.check(await wanted(10));
    assert.deepEqual(errors.map(({ option }) => option), ["most"]);
    await assert.rejects(daemon.options.save(await wanted(10)), /10 are too many/);
    assert.deepEqual([loaded.length, await Deno.readTextFile(path)], [0, text]);
    await daemon.options.save(await wanted(3));
    assert.equal(await Deno.readTextFile(path), text.replace("counted #", "counted: { most: 3 } #"));
    assert.equal(daemon.config.plugins[1]!.options["most"], 3);
    assert.equal(loaded.length, 1);
    // Rules are saved in the same turns, and undone apart.
    await assert.rejects(daemon.rules.undo(), /Nothing was saved/);
    await daemon.options.undo();
    assert.deepEqual([await Deno.readTextFile(path), daemon.config.plugins[1]!.options["most"]], [text, 1]);
  }));

Deno.test("decisions are counted while a page is served, and over a reload", () =>
  inFolder(async ({ daemon, folder, ring }) => {
    const load = async (more: string) => {
      await Deno.writeTextFile(`${folder}/snet.yaml`, `default: deny\n${more}`);
      await daemon.reload();
    };
    const counted = () => daemon.history("week").denied.reduce((sum, each) => sum + each, 0);
    const observed = { held: 1, number: 0, action: 1, cause: 0, errno: 0, remember: 0, why: "" };
    const decide = () => ring.write(observed, event({ time: clockGettime(Clock.Monotonic) }).message);
    const refused = /^RequestError: Nothing is counted, since no page is served/;
    assert.throws(() => daemon.history("week"), refused);
    await load("web: {}\n");
    decide();
    await load("web: {}\nplugins: [notes]\n");
    decide();
    await load("web: {}\n");
    assert.equal(counted(), 2);
    await load("");
    assert.throws(() => daemon.history("week"), refused);
    assert.equal(ring.observed, false);
    await load("web: {}\n");
    assert.equal(counted(), 0);
    daemon.close();
    assert.equal(ring.observed, false);
  }));

Deno.test("plugins are told with how they are set and how they do", () =>
  inFolder(async ({ daemon, folder }) => {
    const { plugins: [plugin] } = await daemon.plugins(true);
    assert.equal(plugin!.name, "words");
    assert.deepEqual(plugin!.options.map(({ value }) => value), [[`${folder}/words.txt`]]);
    assert.deepEqual([plugin!.stats!.calls, plugin!.stats!.counters], [3, { words: 2 }]);
    const { plugins: [stranger] } = await daemon.plugins(false);
    assert.deepEqual(stranger!.options.map(({ value }) => value), [undefined]);
  }));

Deno.test("a socket that the command line named is no change of the configuration", () =>
  inFolder(async ({ daemon, folder, loaded, log }) => {
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [words: { files: words.txt }]\n",
    );
    await daemon.reload({ ifChanged: true });
    assert.equal(loaded.length, 0);
    assert.deepEqual(log, []);
  }));

Deno.test("a reload says what is odd", () =>
  inFolder(async ({ daemon, folder, log }) => {
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: allow\nplugins: [words: { files: '*.none' }]\n",
    );
    await daemon.reload();
    assert.deepEqual(log, [
      "info: Reloaded: words (0 rules)",
      `warning: ${folder}/snet.yaml:2:27: "*.none" names no file`,
    ]);
  }));

Deno.test("while a reload is prepared, once, the former rules decide", () =>
  inFolder(async ({ daemon, folder, loaded }) => {
    const context = { clock: () => 0, verifiedExe: () => true };
    const chainOf = (config: PreparedConfig) =>
      new Chain(setUp({ words }, structuredClone(config.plugins), context), "deny");
    const source = new MemorySource();
    const ring = Ring.ofSize(4096);
    await daemon.reload();
    const loop = new Loop({ source, chain: chainOf(loaded[0]!), ring, now: () => 1_000_000_000n });
    ring.observed = true;
    const reasons: string[] = [];
    const decideOne = () => {
      source.arrive(event());
      loop.turn();
      ring.read(({ why }) => reasons.push(why));
    };
    onPrepare = decideOne;
    await Deno.writeTextFile(`${folder}/words.txt`, "three\n");
    await daemon.reload();
    onPrepare = () => {};
    loop.use(chainOf(loaded[1]!));
    decideOne();
    assert.deepEqual(reasons, ["one two", "three"]);
  }));

Deno.test("a bad file changes nothing and says why", () =>
  inFolder(async ({ daemon, folder, loaded, log }) => {
    await Deno.writeTextFile(`${folder}/words.txt`, "bad\n");
    const why = `${folder}/snet.yaml:2:11: plugin "words": a bad word`;
    await assert.rejects(daemon.reload(), { message: why });
    assert.equal(loaded.length, 0);
    assert.equal(daemon.status().refused, why);
    assert.deepEqual(daemon.status().plugins, [{ name: "words", rules: 2 }]);
    assert.deepEqual(log, [`error: Not reloaded, the former configuration stays: ${why}`]);
    await Deno.writeTextFile(`${folder}/words.txt`, "good\n");
    await daemon.reload();
    assert.equal(daemon.status().refused, undefined);
  }));

Deno.test("what has not changed is not loaded again, unless asked for", () =>
  inFolder(async ({ daemon, loaded }) => {
    await daemon.reload({ ifChanged: true });
    assert.equal(loaded.length, 0);
    await daemon.reload();
    assert.equal(loaded.length, 1);
  }));

Deno.test("reloads that are asked for at once are one, and the stricter wish counts", () =>
  inFolder(async ({ daemon, loaded }) => {
    await Promise.all([
      daemon.reload({ ifChanged: true }),
      daemon.reload(),
      daemon.reload({ ifChanged: true }),
    ]);
    assert.equal(loaded.length, 1);
  }));

Deno.test("observers are told of rules, of notifications, and of what was decided before a stop", () =>
  inFolder(async ({ daemon, folder, ring }) => {
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [words: { files: words.txt }, notes]\n",
    );
    await daemon.reload();
    noted.length = 0;
    const observed = {
      held: 12,
      number: ruleNumber(0, 1),
      action: 1,
      cause: 0,
      errno: 0,
      remember: 0,
      why: "",
    };
    ring.write(observed, event().message);
    ring.write({ ...observed, cause: NOTICE, held: 0 }, event({ name: "snet.close" }).message);
    ring.write(observed, event({ name: "snet.bind" }).message);
    daemon.close();
    assert.deepEqual(noted, ["snet.connect deny verdict 12 two words.txt:2", "snet.close told 0"]);
  }));

Deno.test("what is decided while a reload closes plugins is for those that go on", () =>
  inFolder(async ({ daemon, folder, ring }) => {
    const observed = { held: 1, number: 0, action: 1, cause: 0, errno: 0, remember: 0, why: "" };
    const load = async (plugins: string) => {
      await Deno.writeTextFile(`${folder}/snet.yaml`, `default: deny\nplugins: ${plugins}\n`);
      await daemon.reload();
    };
    await load("[parting, notes]");
    noted.length = 0;
    onClose = () => {
      // As the reactor does it.
      if (ring.observed) ring.write(observed, event().message);
    };
    await load("[notes]");
    daemon.close();
    assert.equal(noted.length, 1);
  }));

Deno.test("an observer that throws keeps no other from hearing, and is logged once", () =>
  inFolder(async ({ daemon, folder, ring, log }) => {
    await Deno.writeTextFile(
      `${folder}/snet.yaml`,
      "default: deny\nplugins: [words: { files: words.txt }, broken, notes]\n",
    );
    await daemon.reload();
    noted.length = log.length = 0;
    const observed = { held: 1, number: 0, action: 1, cause: 0, errno: 0, remember: 0, why: "" };
    for (let i = 0; i < 3; i++) ring.write(observed, event().message);
    daemon.close();
    assert.equal(noted.length, 3);
    assert.deepEqual(log, ['error: Plugin "broken" failed to observe: Error: not today']);
  }));

Deno.test("counters and tickets name the rules they are about", () =>
  inFolder(async ({ daemon }) => {
    const stats = await daemon.stats(false);
    assert.equal(stats.kernel.asked, 5);
    assert.deepEqual(stats.daemon.cancelled, { timeout: 2 });
    assert.deepEqual(stats.daemon.plugins[0]!.rules, [{
      number: 1,
      name: "two",
      where: "words.txt:2",
      hits: 1,
    }]);
    assert.equal((await daemon.stats(true)).daemon.plugins[0]!.rules.length, 2);
    assert.deepEqual(stats.daemon.plugins[0]!.counters, { words: 2 });
    const [ticket] = daemon.tickets().tickets;
    assert.deepEqual(ticket, {
      event: "snet.connect",
      scope: "task",
      key: ["exe", "loginuid"],
      action: "allow",
      timeLeft: 10,
      hits: 2,
      plugin: "words",
      rule: { number: 1, name: "two", where: "words.txt:2" },
    });
    assert.deepEqual(daemon.status().source.features, ["hooks", "tickets"]);
  }));
