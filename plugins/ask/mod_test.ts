import { deepEqual, equal, match, rejects, throws } from "node:assert/strict";
import type { OptionValue } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { ROOT } from "./fixture.ts";
import plugin from "./mod.ts";

type Options = { readonly [K in keyof typeof plugin.options]: OptionValue<(typeof plugin.options)[K]> };

const OPTIONS: Options = {
  ...{ undecided: [], save: undefined, longest: 1000, lastingUsers: [], lastingGroups: [] },
  ...{ questions: 10, userQuestions: 10 },
};

const setup = (more: Partial<Options> = {}) =>
  plugin.setup({ ...OPTIONS, ...more }, { clock: Date.now, verifiedExe: () => true });

const asking = () => ({
  ...{ signal: new AbortController().signal, deadline: Infinity, calls: 1 },
  asked: { plugin: "rules", rule: 0, why: "ask" },
});

Deno.test("ask: nothing is asked about because of it, unless it takes what is undecided", () => {
  deepEqual(setup().undecided, []);
  deepEqual(setup({ undecided: ["snet.in"] }).undecided, ["snet.bind", "snet.listen", "snet.post_accept"]);
  equal(setup().events!.includes("snet.socket"), true);
});

Deno.test("ask: options that are wrong are told", () => {
  throws(() => setup({ save: "rules.d/a.yaml" }), {
    message: /^option "save" is "rules.d\/a.yaml"; write an absolute path/,
  });
  throws(() => setup({ lastingUsers: ["nobody-of-that-name"] }), {
    message: /^unknown user "nobody-of-that-name"/,
  });
  throws(() => setup({ lastingGroups: ["nobody-of-that-name"] }), {
    message: /^unknown group "nobody-of-that-name"/,
  });
  throws(() => setup({ undecided: ["snet.conect"] }), { message: /snet\.conect/ });
});

Deno.test("ask: an answer for always stands in the rule file, with what stood there before", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const save = `${folder}/10-answers.yaml`;
    await Deno.writeTextFile(save, "# ours\nversion: 1\nrules:\n  - { allow: snet.out, port: 53 } # names\n");
    const { decide, questions } = setup({ save });
    const verdict = decide!(event(), asking());
    const id = questions!.list(ROOT)[0]!.id;
    await questions!.answer(id, { action: "deny", lasts: "always", scope: "program+port" }, ROOT);
    match((await verdict)!.why, /for always, program\+port$/);
    equal(
      await Deno.readTextFile(save),
      "# ours\nversion: 1\nrules:\n  - { allow: snet.out, port: 53 } # names\n" +
        "  - { deny: snet.out, exe: /usr/bin/curl, user: 1000, proto: tcp, port: 443 }\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ask: a rule file that is not there yet says where its rules come from", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const save = `${folder}/10-answers.yaml`;
    const { decide, questions } = setup({ save });
    void decide!(event(), asking());
    await questions!.answer(questions!.list(ROOT)[0]!.id, {
      action: "deny",
      lasts: "always",
      scope: "program",
    }, ROOT);
    equal(
      await Deno.readTextFile(save),
      "# Rules from answers for always (plugin ask); the first that matches wins.\nversion: 1\nrules:\n" +
        "  - { deny: snet.out, exe: /usr/bin/curl, user: 1000 }\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("ask: a file that cannot be written is told in one line, and the question stays", async () => {
  const { decide, questions } = setup({ save: "/nowhere-at-all/a.yaml" });
  void decide!(event(), asking());
  const id = questions!.list(ROOT)[0]!.id;
  await rejects(questions!.answer(id, { action: "deny", lasts: "always" }, ROOT), {
    message: "Not answered: Cannot write /nowhere-at-all/a.yaml: no such file or directory",
  });
  equal(questions!.list(ROOT).length, 1);
});

Deno.test("ask: no two questions have one name", () => {
  const { decide, questions } = setup();
  for (let port = 1; port <= 10; port++) void decide!(event({ remote: { ip: "192.0.2.1", port } }), asking());
  const ids = questions!.list(ROOT).map(({ id }) => id);
  equal(new Set(ids).size, 10);
  for (const id of ids) match(id, /^[0-9a-z]{8}$/);
});
