import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { configOf, type PluginConfig } from "../config.ts";
import type { External } from "../external/external.ts";
import { type Lanes, prepareLanes, setUpLanes } from "../lanes.ts";
import { definePlugin } from "../plugin.ts";
import { YamlFile } from "../yaml.ts";
import { geteuid } from "../../ffi/mod.ts";
import type { OptionChangesJson } from "./api.ts";
import { PATHS } from "./api.ts";
import { controlApp, type Controlled } from "./app.ts";
import { FileChanges } from "./file_changes.ts";
import { OptionDesk } from "./option_desk.ts";
import { pluginListJson } from "./plugin_list.ts";
import { RequestError } from "./request_error.ts";
import { tagOf } from "./rule_list.ts";
import { serveControl } from "./server.ts";

const SECRET = "hunter2-and-more";

const sample = definePlugin({
  name: "sample",
  doc: "For tests: has options of every kind.",
  on: ["snet.connect"],
  options: {
    rate: { type: "integer", default: 5, min: 1, max: 900, doc: "How many." },
    per: { type: "duration", default: 1000, doc: "In which time." },
    mode: { type: "choice", choices: ["a", "b"], default: "a", doc: "How." },
    kinds: { type: "choices", choices: ["x", "y"], default: ["x"], doc: "Which." },
    on: { type: "boolean", default: false, doc: "Whether." },
    words: { type: "strings", default: [], byHand: false, doc: "Words." },
    path: { type: "string", default: "/var/lib/x", doc: "Where to write." },
    files: { type: "files", default: [], doc: "Lists." },
    danger: { type: "boolean", default: false, byHand: true, doc: "Off." },
    command: { type: "strings", optional: true, secret: true, doc: "What to run." },
  },
  prepare({ rate, mode, command = [] }) {
    if (mode === "b" && rate > 100) {
      throw new Error(`option "rate" is too much for b, with ${command.join(" ")}`);
    }
    return {};
  },
  setup: () => ({ decide: () => undefined }),
});
const wait = definePlugin({
  name: "wait",
  doc: "May wait.",
  lane: "slow",
  timeout: 3000,
  on: ["snet.connect"],
  options: {},
  setup: () => ({ decide: () => Promise.resolve(undefined) }),
});
/** Of somebody else, with an address and two secrets. */
const own = definePlugin({
  name: "own",
  doc: "Of somebody else.",
  on: ["snet.connect"],
  options: {
    url: { type: "string", default: "https://a.example", doc: "Where to." },
    label: { type: "string", default: "", byHand: false, doc: "A word." },
    token: { type: "string", optional: true, secret: true, doc: "Who we are." },
    size: { type: "integer", default: 1, doc: "How much." },
    certificates: { type: "files", optional: true, doc: "Whom to trust." },
  },
  setup: () => ({ decide: () => undefined }),
});
const PLUGINS = { sample, wait };

interface Parts {
  readonly desk: OptionDesk;
  readonly path: string;
  readonly lanes: () => Lanes;
  readonly text: () => string;
  readonly refuse: (why: string | undefined) => void;
  /** What is asked for, of the text that stands there. */
  readonly wanted: (
    changes: OptionChangesJson["changes"],
    entry?: number,
    name?: string,
  ) => OptionChangesJson;
}

/** A configuration in a file, and a daemon that loads it. */
async function withDesk(
  text: string,
  run: (parts: Parts) => Promise<void>,
  trust: Partial<NonNullable<PluginConfig["external"]>> = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/snet.yaml`;
    await Deno.writeTextFile(path, text);
    await Deno.writeTextFile(`${folder}/ca.pem`, "ca");
    const context = { clock: () => 0, verifiedExe: () => true };
    const config: External["plugins"] extends ReadonlyMap<string, { config: infer C }> ? C : never = {
      ...{ id: "x", trusted: false, program: "/own.ts", isModule: true, declared: "own" },
      grants: { read: [], write: [], net: [], env: [] },
      ...trust,
    };
    const external: External = {
      plugins: new Map([["own", { plugin: own, config }]]),
      folders: [],
      warnings: [],
    };
    const read = (text: string) => configOf(new YamlFile(path, text), PLUGINS, external);
    const all = { ...PLUGINS, own };
    let lanes = setUpLanes(all, read(text), context);
    let refusal: string | undefined;
    const changes = new FileChanges({
      reload: async () => {
        if (refusal !== undefined) throw new Error(refusal);
        lanes = setUpLanes(all, read(await Deno.readTextFile(path)), context, lanes);
      },
      now: () => 1000,
    });
    const desk = new OptionDesk({
      lanes: () => lanes,
      // deno-lint-ignore require-await -- as the daemon's, it rejects
      draft: async (text) => {
        const config = read(text);
        prepareLanes(all, config, context, lanes);
        return config;
      },
      changes,
    });
    await run({
      ...{ desk, path, lanes: () => lanes },
      text: () => Deno.readTextFileSync(path),
      refuse: (why) => void (refusal = why),
      wanted: (changes, entry = 0, name = "sample") => ({
        entry,
        name,
        tag: desk.state().file!.tag,
        changes,
      }),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const status = (wanted: number, message: RegExp) => (error: unknown) =>
  error instanceof RequestError && error.status === wanted && message.test(error.message);

const TEXT = `# Mine.
default: deny
plugins:
  # Few.
  - sample: { rate: 50, per: 10s, command: [/bin/run, ${SECRET}] } # why
  - wait
`;

Deno.test("options are written into the file as people write them, loaded, and undone", () =>
  withDesk(TEXT, async ({ desk, path, text, lanes, wanted }) => {
    await Deno.chmod(path, 0o640);
    const saved = await desk.save(
      wanted({ rate: 60, per: null, on: true, kinds: ["y"], words: ["a b", "c"] }),
    );
    const after = TEXT.replace("rate: 50, per: 10s, ", "rate: 60, ")
      .replace(`${SECRET}]`, `${SECRET}], "on": true, kinds: "y", words: [a b, c]`);
    equal(text(), after);
    equal((await Deno.stat(path)).mode! & 0o777, 0o640);
    deepEqual(saved, { path, tag: desk.state().file!.tag });
    const { options } = lanes().config.plugins[0]!;
    deepEqual([options["rate"], options["per"], options["on"], options["words"]], [60, 1000, true, [
      "a b",
      "c",
    ]]);
    // What is told to nobody is as it was.
    deepEqual(options["command"], ["/bin/run", SECRET]);
    deepEqual(desk.state().undo, { time: "1970-01-01T00:00:01.000Z" });
    await desk.save(wanted({ timeout: "2s", whenLate: "deny" }, 1, "wait"));
    match(text(), /- wait: \{ timeout: 2s, whenLate: deny \}/);
    deepEqual(lanes().config.plugins[1]!.policy, { timeout: 2000, whenLate: "deny", whenFailed: "pass" });
    await desk.undo();
    await desk.undo();
    equal(text(), TEXT);
    equal(lanes().config.plugins[0]!.options["rate"], 50);
    await rejects(desk.undo(), status(409, /Nothing was saved/));
  }));

Deno.test("what loading would have against options is told with the option, in the daemon's words; nothing is written", () =>
  withDesk(TEXT, async ({ desk, path, text, wanted }) => {
    const { errors } = await desk.check(wanted({ rate: "many", per: "10", mode: "c", kinds: ["z"] }));
    deepEqual(errors.map(({ option }) => option), ["rate", "per", "mode", "kinds"]);
    match(errors[0]!.message, /snet\.yaml:5:21: expected a whole number from 1 to 900, not "many"$/);
    match(errors[1]!.message, /"10" is not a duration; write a number and its unit/);
    deepEqual((await desk.check(wanted({ rate: 51 }))).errors, []);
    await rejects(desk.save(wanted({ rate: 901 })), status(400, new RegExp(`^${path}:5:21: expected`)));
    equal(text(), TEXT);
  }));

Deno.test("what a plugin itself has against them is told, and no secret with it", () =>
  withDesk(TEXT, async ({ desk, text, wanted, refuse }) => {
    const { errors } = await desk.check(wanted({ rate: 101, mode: "b" }));
    deepEqual(errors.map(({ option }) => option), ["rate"]);
    match(errors[0]!.message, /too much for b, with … …$/);
    refuse(`the kernel refuses ${SECRET}`);
    await rejects(desk.save(wanted({ rate: 7 })), status(409, /^Not loaded, .*the kernel refuses …$/));
    equal(text(), TEXT);
    refuse(undefined);
    equal(desk.state().undo, undefined);
    await desk.save(wanted({ rate: 7 }));
    match(text(), /rate: 7/);
  }));

Deno.test("no path, command or address of a built-in plugin is changed here, nor what its author keeps", () =>
  withDesk(TEXT, async ({ desk, text, wanted }) => {
    for (
      const changes of [
        { path: "/etc/passwd" },
        { path: null },
        { files: ["/etc/shadow"] },
        { files: null },
        { command: ["/bin/sh"] },
        { command: null },
        { danger: true },
        { rate: 7, path: "/etc/passwd" },
      ]
    ) {
      await rejects(desk.check(wanted(changes)), status(403, /is changed by hand, in snet\.yaml$/));
      await rejects(desk.save(wanted(changes)), status(403, /is changed by hand, in snet\.yaml$/));
    }
    for (const key of ["from", "exec", "trusted", "grants", "limits", "unconfined"]) {
      await rejects(desk.save(wanted({ [key]: true })), status(403, /says what a plugin is and may do/));
    }
    for (const key of ["rat", "__proto__", "constructor", "toString", "timeout", "x: 1, rate"]) {
      const changes = JSON.parse(JSON.stringify({ [key]: 1 }).replace("{}", '{"__proto__":1}'));
      await rejects(desk.save(wanted(changes)), status(400, /has no option/));
    }
    equal(text(), TEXT);
  }));

Deno.test("values are of the option's type, and not endless", () =>
  withDesk(TEXT, async ({ desk, wanted }) => {
    for (
      const [changes, wrong] of [
        [{ rate: true }, /^rate: a text is expected/],
        [{ rate: {} }, /^rate: a text/],
        [{ rate: ["1"] }, /^rate: a text/],
        [{ on: "true" }, /^on: true or false is expected/],
        [{ per: 1000 }, /^per: a text/],
        [{ words: "a" }, /^words: a list of texts/],
        [{ words: [1] }, /^words: a list of texts/],
      ] as const
    ) await rejects(desk.check(wanted(changes as never)), status(400, wrong));
    await rejects(desk.check(wanted({ words: ["x".repeat(5000)] })), status(413, /more than 4096/));
    await rejects(desk.check(wanted({ words: Array(1001).fill("x") })), status(413, /more than 1000/));
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`o${index}`, 1]));
    await rejects(desk.check(wanted(many)), status(413, /More than 200/));
  }));

Deno.test("a text that ends what it stands in sets that option, and nothing else", () =>
  withDesk(TEXT, async ({ desk, lanes, wanted }) => {
    const words = ["x] }\n  - own: { exec: [/bin/sh] }\n#", "a, path: /etc/passwd", "&x", "*x", "\u2028"];
    await desk.save(wanted({ words }));
    deepEqual(lanes().config.plugins.map(({ name }) => name), ["sample", "wait"]);
    deepEqual(lanes().config.plugins[0]!.options["words"], words);
    equal(lanes().config.plugins[0]!.options["path"], "/var/lib/x");
  }));

Deno.test("whoever has seen another file, another entry or another configuration changes nothing", () =>
  withDesk(TEXT, async ({ desk, path, text, wanted }) => {
    const first = wanted({ rate: 60 });
    await rejects(desk.save({ ...first, entry: 1 }), status(409, /no plugin "sample" at place 2/));
    await rejects(desk.save({ ...first, entry: 9 }), status(409, /at place 10/));
    const both = await Promise.allSettled([desk.save(first), desk.save({ ...first, changes: { rate: 61 } })]);
    deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
    await rejects(desk.check(first), status(409, /was changed meanwhile/));
    // Somebody has written something that is not loaded yet.
    const elsewhere = text().replace("default: deny", "default: allow");
    await Deno.writeTextFile(path, elsewhere);
    await rejects(desk.undo(), status(409, /was changed meanwhile/));
    await rejects(desk.save(wanted({ rate: 62 })), status(409, /says something else than what is in force/));
    equal(text(), elsewhere);
    await Deno.writeTextFile(
      path,
      text().replace("allow", "deny").replace("rate: 60,", "rate: 60, mode: b,"),
    );
    await rejects(desk.save(wanted({ rate: 62 })), status(409, /says something else/));
    await Deno.writeTextFile(path, text().replace("  - wait", "  - own: { from: /own.ts }\n  - wait"));
    await rejects(desk.save(wanted({ rate: 62 })), status(409, /says something else/));
    await Deno.remove(path);
    equal(desk.state().file, undefined);
    await rejects(desk.save({ ...first, tag: "" }), status(409, /was changed meanwhile/));
  }));

Deno.test("what is written in a way that only a person can change is refused in one line, with its place", () =>
  withDesk(
    "default: deny\nplugins:\n  - sample: &s { rate: 50 }\n  - sample: *s\n",
    async ({ desk, text, wanted }) => {
      const before = text();
      for (const place of [0, 1]) {
        await rejects(
          desk.check(wanted({ rate: 60 }, place)),
          status(409, /^Cannot change that here: \S+snet\.yaml:[34]:\d+: .*change it by hand$/),
        );
      }
      equal(text(), before);
    },
  ));

const OWN = `default: deny
plugins:
  - own: { from: /own.ts, url: "https://a.example/${SECRET}", token: ${SECRET}, grants: { net: ["a.example:443"] } }
`;

Deno.test("a sandboxed plugin's address is changed only by who types its secrets again", () =>
  withDesk(OWN, async ({ desk, lanes, text, wanted }) => {
    const evil = "https://evil.example";
    const { errors } = await desk.check(wanted({ url: evil }, 0, "own"));
    deepEqual(errors, [{
      option: "token",
      message: '"url" may say where "token" is sent: type "token" again, or take it out',
    }]);
    await rejects(desk.save(wanted({ url: evil }, 0, "own")), status(400, /type "token" again/));
    // Back to the default is another address too.
    await rejects(desk.save(wanted({ url: null }, 0, "own")), status(400, /type "token" again/));
    equal(text(), OWN);
    // What is no address, and the secret itself, are free.
    await desk.save(wanted({ label: "x", size: 2 }, 0, "own"));
    await desk.save(wanted({ token: "another" }, 0, "own"));
    await desk.save(wanted({ url: evil, token: "mine" }, 0, "own"));
    const { url, token } = lanes().config.plugins[0]!.options;
    deepEqual([url, token], [evil, "mine"]);
    ok(text().includes(`grants: { net: ["a.example:443"] }`));
  }));

Deno.test("files that a sandboxed plugin is given are a secret that nobody can type again", () =>
  withDesk(OWN.replace(`token: ${SECRET}`, "certificates: [ca.pem]"), async ({ desk, wanted }) => {
    const { errors } = await desk.check(wanted({ url: "https://evil.example" }, 0, "own"));
    deepEqual(errors.map(({ option, message }) => [option, /by hand$/.test(message)]), [["url", true]]);
  }));

for (const trust of [{ trusted: true }, { unconfined: true as const }]) {
  Deno.test(`texts of one that nothing confines are changed by hand: ${Object.keys(trust)}`, () =>
    withDesk(OWN, async ({ desk, wanted }) => {
      await rejects(desk.save(wanted({ url: "x", token: "y" }, 0, "own")), status(403, /by hand/));
      await desk.save(wanted({ size: 3, label: "z" }, 0, "own"));
    }, trust));
}

Deno.test("the page is told which options are for it, and of none what is kept from it", () =>
  withDesk(OWN, ({ lanes }) => {
    const list = pluginListJson(lanes(), [], true);
    ok(!JSON.stringify(list).includes(SECRET));
    const options = Object.fromEntries(list.plugins[0]!.options.map(({ name, ...rest }) => [name, rest]));
    deepEqual([options["url"]!.isPartial, options["url"]!.byHand], [true, undefined]);
    deepEqual([options["token"]!.isSecret, options["token"]!.isWithheld], [true, true]);
    equal(options["certificates"]!.byHand, true);
    return Promise.resolve();
  }));

Deno.test("what names a text tells nobody what stands in it", () =>
  withDesk(TEXT, async ({ desk, text, path }) => {
    const { tag } = desk.state().file!;
    equal(desk.state().file!.tag, tag);
    ok(tag !== tagOf(text()));
    await withDesk(text(), (other) => {
      ok(other.desk.state().file!.tag !== tag);
      return Promise.resolve();
    });
    await Deno.writeTextFile(path, `${text()}\n`);
    ok(desk.state().file!.tag !== tag);
  }));

Deno.test("of a plugin that calls wait for also the time is told, and what then becomes of them", () =>
  withDesk(TEXT.replace("- wait", "- wait: { whenLate: allow }"), ({ lanes }) => {
    const options = pluginListJson(lanes(), [], true).plugins[1]!.options;
    deepEqual(options.map((option) => [option.name, option.default, option.value]), [
      ["timeout", 3000, 3000],
      ["whenLate", "pass", "allow"],
      ["whenFailed", "pass", "pass"],
    ]);
    return Promise.resolve();
  }));

/** What reaches the desk is told back. */
const echo = {
  check: (changes: object) => Promise.resolve(changes),
  save: (changes: object) => Promise.resolve(changes),
  undo: () => Promise.resolve({}),
} as unknown as OptionDesk;
const CHANGES = { entry: 0, name: "a", tag: "t", changes: { rate: 1 } };
const ROUTES = [["POST", PATHS.pluginCheck], ["PUT", PATHS.pluginOptions], [
  "POST",
  PATHS.pluginUndo,
]] as const;

Deno.test("who may change options is root and the daemon's own user", async () => {
  for (const [uid, wanted] of [[0, 200], [500, 200], [1000, 403], [undefined, 403]] as const) {
    for (const [method, path] of ROUTES) {
      const app = controlApp({ options: echo } as Controlled, 500);
      const answer = await app.request(path, { method, body: JSON.stringify(CHANGES) }, { peer: { uid } });
      equal(answer.status, wanted);
    }
  }
  const none = await controlApp({} as Controlled, 0).request(PATHS.pluginUndo, { method: "POST" }, {
    peer: { uid: 0 },
  });
  equal(none.status, 404);
});

Deno.test("bodies of changes are strictly what they should be", async () => {
  const app = controlApp({ options: echo } as Controlled, 0);
  for (
    const body of [
      "{",
      "[]",
      "null",
      ...[{ entry: -1 }, { entry: "0" }, { entry: 0.5 }, { name: 1 }, { tag: null }, { changes: [] }, {
        changes: null,
      }]
        .map((wrong) => JSON.stringify({ ...CHANGES, ...wrong })),
      JSON.stringify({ ...CHANGES, more: 1 }),
    ]
  ) {
    for (const [method, path] of ROUTES.slice(0, 2)) {
      const answer = await app.request(path, { method, body }, { peer: { uid: 0 } });
      equal(answer.status, 400, body);
    }
  }
});

Deno.test("over the socket long lists come along", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/snet.sock`;
  {
    const app = controlApp({ options: echo } as Controlled, geteuid());
    await using _server = await serveControl(path, undefined, app);
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const body = JSON.stringify({ ...CHANGES, changes: { words: Array(1000).fill("a word") } });
    const init = { method: "POST", client, body };
    const answer = await fetch(`http://snet${PATHS.pluginCheck}`, init);
    deepEqual([answer.status, (await answer.text()).length], [200, body.length]);
  }
  await Deno.remove(folder, { recursive: true });
});
