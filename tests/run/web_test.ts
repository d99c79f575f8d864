/** Programs that ask on the page, with whoever is logged in there without a browser; tests/web/held_test.ts has one. */

import { deepEqual, equal } from "node:assert/strict";
import {
  PATHS,
  type PluginList,
  type RuleListJson,
  type Stats,
  type Status,
} from "../../core/control/api.ts";
import { until } from "../kernel/until.ts";
import { logIn } from "../web/session.ts";
import { command, only, USERS } from "./program.ts";
import { WebServer } from "./server.ts";

const LINK = /http:\S+#login=\S+/;

/** Begins to run a program; its link, and what it has become in the end. */
async function begin(argv: readonly string[], how: Parameters<typeof command>[1]) {
  const child = command(argv, how).spawn();
  await child.stdin.close();
  const [errors, others] = child.stderr.tee();
  const reader = others.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!/#login=.*\n/.test(said)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`it has ended: ${said}`);
    said += value;
  }
  void reader.cancel();
  const stdout = new Response(child.stdout).text();
  const stderr = new Response(errors).text();
  return {
    link: LINK.exec(said)![0],
    async end() {
      const { code } = await child.status;
      return { code, stdout: await stdout, stderr: await stderr };
    },
  };
}

for (const user of USERS) {
  Deno.test(`web: ${user}'s program waits for an answer, and ends with its page`, async () => {
    await using server = new WebServer();
    const url = `http://127.0.0.1:${server.port}/page`;
    for (const action of ["allow", "deny"] as const) {
      const program = await begin(["curl", "--silent", url], { user, snet: ["--web"] });
      const session = await logIn(program.link);
      equal(session.role, "answer");
      // The page is open as long as somebody follows it, and the program runs from then on.
      const stream = await session.get(PATHS.questionEvents);
      const [question] = await until("a question", async () => {
        const questions = await session.questions();
        return questions.length === 1 && questions;
      });
      const { program: path, mayAnswer, instead, lasts } = question!;
      deepEqual({ path, mayAnswer, instead, lasts }, {
        ...{ path: "/usr/bin/curl", mayAnswer: true, instead: "deny" },
        lasts: ["once", "time", "process", "always"],
      });
      const { status, said } = await session.answer(question!.id, action);
      deepEqual([status, said.calls], [200, 1]);
      const { code, stdout } = await program.end();
      deepEqual([code, stdout], action === "allow" ? [0, "page /page\n"] : [7, ""]);
      await stream.body!.pipeTo(new WritableStream()).catch(() => {});
    }
  });
}

Deno.test("web: all that the page asks for of a run is answered", async () => {
  await using server = new WebServer();
  const options = ["--web", ...only("{ name: all the web, ask: snet.out }")];
  const program = await begin(["curl", "--silent", `http://127.0.0.1:${server.port}/`], { snet: options });
  const session = await logIn(program.link);
  const stream = await session.get(PATHS.questionEvents);
  const [question] = await until("a question", async () => {
    const questions = await session.questions();
    return questions.length === 1 && questions;
  });
  const json = async <T>(path: string) => await (await session.get(path)).json() as T;
  const { source, default: fallback } = await json<Status>(PATHS.status);
  deepEqual([source.kind, source.attached, fallback], ["program", true, "deny"]);
  equal((await json<Stats>(PATHS.stats)).daemon.waiting, 1);
  const { rules } = await json<RuleListJson>(PATHS.rules);
  deepEqual(rules.map(({ name, hits }) => [name, hits]), [["all the web", 1]]);
  const { plugins } = await json<PluginList>(PATHS.plugins);
  deepEqual(plugins.map(({ name }) => name), ["own-page", "others", "rules", "ask"]);
  deepEqual(await json(PATHS.tickets), { tickets: [] });
  equal((await session.get(`${PATHS.history}?span=hour`)).status, 200);
  await session.answer(question!.id, "allow");
  equal((await program.end()).stdout, "page /\n");
  await stream.body!.pipeTo(new WritableStream()).catch(() => {});
});
