import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { dirname } from "node:path";
import { event } from "../testing.ts";
import type { Observation } from "./api.ts";
import { eventJson } from "./json.ts";
import { parseConfig } from "../config.ts";
import { definePlugin } from "../plugin.ts";
import { setUpLanes } from "../lanes.ts";
import type { Link } from "../link.ts";
import { YamlFile } from "../yaml.ts";
import { LastHits } from "./last_hits.ts";
import { SKELETON } from "./new_rule_file.ts";
import { RequestError } from "./request_error.ts";
import { RuleDesk } from "./rule_desk.ts";
import { MOST_TEXT } from "./rule_list.ts";

const lists = {
  doc: "For tests.",
  on: ["snet.connect"],
  options: { files: { type: "files", doc: "Lists." } },
} as const;
const rules = definePlugin({
  ...lists,
  name: "rules",
  setup: ({ files }) => ({
    decide: () => undefined,
    rules: files.flatMap(({ path, text }) => {
      const file = new YamlFile(path, text);
      const list = file.root.kind === "map" && file.root.entries.find(({ key }) => key === "rules")?.value;
      return file.items(list || undefined).map((item) => ({ name: "#", where: file.place(item) }));
    }),
  }),
});
const PLUGINS = { rules, other: definePlugin({ ...lists, name: "other", setup: () => ({}) }) };
const A = "version: 1\nrules:\n  # First.\n  - allow: snet.out\n    port: 53\n  - deny: snet.in\n";
const B = "version: 1\nrules: [{ ask: snet.out }]\n";

/** Two files of rules and one of another plugin, and a daemon that loads whatever `isRefused` is not true of. */
async function withDesk(
  run: (parts: {
    readonly desk: RuleDesk;
    readonly a: string;
    readonly b: string;
    readonly links: () => readonly Link[];
    readonly lastHits: LastHits;
    readonly refuse: (isRefused: (text: string) => boolean) => void;
    readonly reloads: () => number;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.chmod(folder, 0o755);
  try {
    const [a, b, secret] = ["a.yaml", "b.yaml", "secret"].map((name) => `${folder}/${name}`) as [
      string,
      string,
      string,
    ];
    for (const [path, text] of [[a, A], [b, B], [secret, "secret"]] as const) {
      await Deno.writeTextFile(path, text);
    }
    const text = "default: deny\nplugins:\n- rules: { files: ['*.yaml'] }\n- other: { files: secret }\n";
    const context = { clock: () => 0, verifiedExe: () => true };
    const read = () => setUpLanes(PLUGINS, parseConfig(`${folder}/snet`, text, PLUGINS), context);
    let lanes = read();
    let isRefused = (_: string) => false;
    let reloads = 0;
    let loaded = 0;
    const lastHits = new LastHits();
    const desk = new RuleDesk({
      lanes: () => lanes,
      context,
      loaded: () => loaded,
      counts: () => Promise.resolve([{ place: 0, hits: Float64Array.of(3, 0, 1) } as never]),
      lastHits: () => lastHits,
      check: ({ files }) => {
        const errors = (files as { path: string; text: string }[])
          .flatMap(({ path, text }) => text.includes("wrong") ? [`${path}:1:1: it is wrong`] : []);
        return Promise.resolve({ errors, warnings: [], rules: 1 });
      },
      reload: () => {
        reloads++;
        if (isRefused(Deno.readTextFileSync(a))) return Promise.reject(new Error("nobody can ask"));
        lanes = read();
        loaded = Date.UTC(2027, 0);
        return Promise.resolve();
      },
      now: () => 1000,
    });
    await run({
      ...{ desk, a, b, lastHits },
      links: () => lanes.links,
      refuse: (test) => void (isRefused = test),
      reloads: () => reloads,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const status = (wanted: number, message: RegExp) => (error: unknown) =>
  error instanceof RequestError && error.status === wanted && message.test(error.message);

Deno.test("rules are told in their order, with hits, the last hit and their own text", () =>
  withDesk(async ({ desk, a, b, links, lastHits }) => {
    lastHits.note(links()[0]!.instance, 2, 5000);
    lastHits.note(links()[0]!.instance, 3, 6000);
    const { rules, files, ...rest } = await desk.list(false);
    deepEqual(rules, [
      {
        entry: 0,
        number: 0,
        path: a,
        index: 0,
        line: 4,
        action: "allow",
        text: "allow: snet.out\nport: 53",
        hits: 3,
      },
      { entry: 0, number: 1, path: a, index: 1, line: 6, action: "deny", text: "deny: snet.in", hits: 0 },
      {
        entry: 0,
        number: 2,
        path: b,
        index: 0,
        line: 2,
        action: "ask",
        text: "{ ask: snet.out }",
        hits: 1,
        last: 5000,
      },
    ]);
    deepEqual(files, [{ path: a, tag: desk.file(a, true).tag }, { path: b, tag: desk.file(b, true).tag }]);
    deepEqual(rest, { sets: [], untold: 0, default: "deny", mayChange: false });
    await Deno.writeTextFile(a, `${A}# more\n`);
    deepEqual((await desk.list(true)).files.map(({ isChanged }) => isChanged), [true, undefined]);
  }));

Deno.test("what not everybody may read is for those who may change it", () =>
  withDesk(async ({ desk, a, b }) => {
    await Deno.chmod(a, 0o640);
    deepEqual((await desk.list(false)).rules.map(({ text }) => text !== undefined), [false, false, true]);
    deepEqual((await desk.list(true)).rules.map(({ text }) => text !== undefined), [true, true, true]);
    throws(() => desk.file(a, false), status(403, /not for everybody/));
    equal(desk.file(a, true).text, A);
    equal(desk.file(b, false).text, B);
  }));

Deno.test("attack: what stands in a folder that not everybody may enter is read through the page", () =>
  withDesk(async ({ desk, a, b }) => {
    const folder = dirname(a);
    await Deno.mkdir(`${folder}/in`);
    await Deno.rename(b, `${folder}/in/b.yaml`);
    await Deno.symlink(`${folder}/in/b.yaml`, b);
    equal(desk.file(b, false).text, B);
    for (const closed of [`${folder}/in`, folder]) {
      await Deno.chmod(closed, 0o754);
      deepEqual((await desk.list(false)).rules.at(-1)!.text, undefined, closed);
      throws(() => desk.file(b, false), status(403, /not for everybody/));
      await Deno.chmod(closed, 0o755);
    }
    equal(desk.file(a, false).text, A);
  }));

Deno.test("no file but those of rules is read, checked or written", () =>
  withDesk(async ({ desk, a }) => {
    const folder = a.slice(0, -"a.yaml".length);
    for (const path of [`${folder}secret`, `${folder}x/../a.yaml`, "/etc/passwd", "", `${folder}snet`]) {
      throws(() => desk.file(path, true), status(404, /is no file of rules/));
      await rejects(desk.check({ path, text: B }), status(404, /is no file of rules/));
      await rejects(desk.save({ path, text: B, tag: "" }), status(404, /is no file of rules/));
    }
    await rejects(desk.check({ path: a, text: "x".repeat(MOST_TEXT + 1) }), status(413, /More than/));
  }));

Deno.test("a text is written as a whole and loaded, and undone step by step", () =>
  withDesk(async ({ desk, a, reloads }) => {
    await Deno.chmod(a, 0o604);
    const { tag } = desk.file(a, true);
    const second = await desk.save({ path: a, text: "version: 1\n", tag });
    equal(await Deno.readTextFile(a), "version: 1\n");
    equal((await Deno.stat(a)).mode! & 0o777, 0o604);
    deepEqual(second, desk.file(a, true));
    deepEqual((await desk.list(true)).rules.length, 1);
    deepEqual((await desk.list(true)).undo, { path: a, time: "1970-01-01T00:00:01.000Z" });
    equal((await desk.list(false)).undo, undefined);
    await desk.save({ path: a, text: "version: 1\nrules: []\n", tag: second.tag });
    equal((await desk.undo()).text, "version: 1\n");
    equal((await desk.undo()).tag, tag);
    equal(await Deno.readTextFile(a), A);
    equal(reloads(), 4);
    await rejects(desk.undo(), status(409, /Nothing was saved/));
  }));

Deno.test("who has read another text than there is writes nothing, nor does an undo", () =>
  withDesk(async ({ desk, a, reloads }) => {
    const { tag } = desk.file(a, true);
    const both = await Promise.allSettled(
      ["version: 1\n", "version: 1\n# two\n"].map((text) => desk.save({ path: a, text, tag })),
    );
    deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
    await Deno.writeTextFile(a, "version: 1\n# by hand\n");
    await rejects(desk.save({ path: a, text: A, tag }), status(409, /changed meanwhile/));
    await rejects(desk.undo(), status(409, /changed meanwhile/));
    equal(await Deno.readTextFile(a), "version: 1\n# by hand\n");
    equal(reloads(), 1);
  }));

Deno.test("mistakes keep a text from being written", () =>
  withDesk(async ({ desk, a, reloads }) => {
    const { tag } = desk.file(a, true);
    deepEqual((await desk.check({ path: a, text: "wrong" })).errors, [`${a}:1:1: it is wrong`]);
    await rejects(desk.save({ path: a, text: "wrong", tag }), status(400, /a\.yaml:1:1: it is wrong/));
    equal(await Deno.readTextFile(a), A);
    equal(reloads(), 0);
  }));

Deno.test("what loading refuses is taken back, unless somebody else has written there since", () =>
  withDesk(async ({ desk, a, refuse }) => {
    const { tag } = desk.file(a, true);
    refuse((text) => text.includes("# refused"));
    await rejects(
      desk.save({ path: a, text: `${A}# refused\n`, tag }),
      status(409, /^Not loaded, so nothing has changed: nobody can ask$/),
    );
    equal(await Deno.readTextFile(a), A);
    equal((await desk.list(true)).undo, undefined);
    refuse(() => {
      Deno.writeTextFileSync(a, "version: 1\n# by hand\n");
      return true;
    });
    await rejects(desk.save({ path: a, text: "version: 1\n", tag }), status(409, /nobody can ask/));
    equal(await Deno.readTextFile(a), "version: 1\n# by hand\n");
  }));

Deno.test("one preview is made at a time, of a text without mistakes", () =>
  withDesk(async ({ desk, a }) => {
    const draft = { path: a, text: B };
    await rejects(desk.preview({ path: a, text: "wrong" }, [], String), status(400, /it is wrong/));
    const both = await Promise.allSettled([desk.preview(draft, [], String), desk.preview(draft, [], String)]);
    deepEqual(both.map(({ status }) => status), ["fulfilled", "rejected"]);
    deepEqual(await desk.preview(draft, [], String), {
      decisions: 0,
      different: 0,
      changes: [],
      examples: [],
    });
  }));

Deno.test("a rule is moved with its comment, in the text that was seen", () =>
  withDesk(async ({ desk, a, b }) => {
    const { tag } = desk.file(a, true);
    await desk.move({ path: a, tag, from: 1, to: 0 });
    const moved = "version: 1\nrules:\n  - deny: snet.in\n  # First.\n  - allow: snet.out\n    port: 53\n";
    equal(await Deno.readTextFile(a), moved);
    await rejects(desk.move({ path: a, tag, from: 1, to: 0 }), status(409, /changed meanwhile/));
    const other = desk.file(b, true).tag;
    await rejects(desk.move({ path: b, tag: other, from: 0, to: 0 }), status(409, /^Cannot move a rule/));
    await desk.undo();
    equal(await Deno.readTextFile(a), A);
  }));

Deno.test("a rule is made of a decision: as narrow as can be, in front of what decided, and not written", () =>
  withDesk(async ({ desk, a, b }) => {
    const init = { remote: { ip: "192.0.2.7", port: 443 }, task: { uid: 7, exe: "/usr/bin/c*rl" } };
    const decided: Observation = {
      ...{ time: "2026-01-02T03:04:05.006Z", event: eventJson(event(init)), asked: true, action: "allow" },
      ...{ why: "", cause: "verdict", held: 0, plugin: "rules", rule: { number: 1, where: `${a}:6:5` } },
    };
    const made = desk.make(decided, { row: 1, action: "deny" }, String);
    deepEqual([made.path, made.former, made.line, made.scope], [a, A, 6, "program+address+port"]);
    equal(
      made.text,
      A.replace(
        "  - deny: snet.in",
        '  - { deny: snet.out, exe: "/usr/bin/c\\\\*rl", user: 7, proto: tcp, to: 192.0.2.7, port: 443 }\n  - deny: snet.in',
      ),
    );
    equal(await Deno.readTextFile(a), A);
    await desk.save(made);
    // Its place is another rule's now.
    deepEqual(desk.make(decided, { row: 1, action: "allow", scope: "program" }, String).line, 3);
    const later = { ...decided, time: "2028-01-02T03:04:05.006Z", rule: { number: 2, where: `${a}:7:5` } };
    throws(() => desk.make(later, { row: 1, action: "deny" }, String), status(409, /says so already/));
    equal(made.broad, undefined);
    const wanted = { row: 1, action: "allow", scope: "port" } as const;
    const wider = desk.make({ ...decided, rule: undefined } as never, wanted, () => "ada");
    deepEqual(wider.broad, ["for any program of ada", "to any address"]);
    equal(wider.path, b);
    equal(wider.text, B.replace(" }]", " }, { allow: snet.out, user: 7, proto: tcp, port: 443 }]"));
    const socket = { ...decided, event: eventJson(event({ name: "snet.socket", remote: undefined })) };
    throws(
      () => desk.make(socket, { row: 1, action: "allow", scope: "address" }, String),
      status(409, /^scope: it is one of program/),
    );
  }));

Deno.test("a file that is too large is told of without its text, and not changed here", () =>
  withDesk(async ({ desk, a, b }) => {
    const { tag } = desk.file(b, true);
    await Deno.writeTextFile(a, `${A}#${"x".repeat(MOST_TEXT)}\n`);
    await desk.save({ path: b, text: `${B}# more\n`, tag });
    const { rules, files } = await desk.list(true);
    deepEqual(rules.map(({ path, text }) => [path, text !== undefined]), [[a, false], [a, false], [b, true]]);
    deepEqual(files.map(({ isChanged }) => isChanged), [undefined, undefined]);
    throws(() => desk.file(a, true), status(413, /are shown here/));
    await Deno.writeTextFile(a, "#".repeat(4 * MOST_TEXT + 1));
    throws(() => desk.file(a, true), status(409, /too large/));
  }));

Deno.test("a new file is made where the configuration reads it, and goes again where it is not loaded", () =>
  withDesk(async ({ desk, a, refuse }) => {
    const folder = a.replace(/\/a\.yaml$/, "");
    deepEqual((await desk.list(true)).folders, [{ folder, suffix: ".yaml" }]);
    equal((await desk.list(false)).folders, undefined);
    const made = await desk.begin({ folder, name: "c" });
    deepEqual([made.path, made.text], [`${folder}/c.yaml`, SKELETON]);
    deepEqual((await desk.list(true)).files.map(({ path }) => path).at(-1), made.path);
    await rejects(desk.begin({ folder, name: "c" }), status(409, /is there already/));
    refuse(() => true);
    await rejects(desk.begin({ folder, name: "d" }), status(409, /^Not loaded, so it was taken away/));
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "a.yaml",
      "b.yaml",
      "c.yaml",
      "secret",
    ]);
  }));
