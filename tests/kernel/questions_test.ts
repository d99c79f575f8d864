/** Calls that wait for people: who may answer is told by the kernel's own word for who asks. */

import { deepEqual, equal, match } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import {
  type Answered,
  answerPath,
  type Observation,
  PATHS,
  type QuestionJson,
  type QuestionList,
  type Stats,
  type Status,
} from "../../core/control/api.ts";
import { type Descent, Person } from "../ask/people.ts";
import { Daemon } from "./daemon.ts";
import { until } from "./until.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;
const USER = 65534;
const OTHER = 65533;
const PORT = 8099;

const RULES = `version: 1\nrules:\n  - { name: web, ask: snet.out, port: ${PORT} }\n`;

/** A daemon that asks people about one port and lets all else pass; its socket is open to everybody. */
async function askingDaemon(rules = RULES, plugins: readonly string[] = ["ask: {}"]): Promise<Daemon> {
  const kernel = ["delay: 2s", "policy: deny"];
  const daemon = await Daemon.start({ rules, kernel, plugins, default: "allow", entry: MAIN });
  await Deno.chmod(daemon.socket.slice(0, daemon.socket.lastIndexOf("/")), 0o755);
  await Deno.chmod(daemon.socket, 0o666);
  return daemon;
}

/** What waits, once so many questions do. */
async function waiting(daemon: Daemon, count: number): Promise<readonly QuestionJson[]> {
  using client = new ControlClient(daemon.socket);
  return await until(`${count} questions`, async () => {
    const { questions } = await client.get<QuestionList>(PATHS.questions);
    return questions.length === count && questions;
  });
}

/** curl as an ordinary user, which gets a word from a server of this test. */
function curl() {
  return new Deno.Command("/usr/bin/curl", {
    args: ["--silent", "--show-error", "--max-time", "60", `http://127.0.0.1:${PORT}/`],
    ...{ uid: USER, gid: USER, cwd: "/", stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

function serve(): AsyncDisposable {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: PORT, onListen: () => {} },
    () => new Response("word"),
  );
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("questions: curl is held until its user answers, and goes on", async () => {
  await using _server = serve();
  await using daemon = await askingDaemon();
  await using user = await Person.start(daemon.socket, USER);
  const running = curl();
  const [question] = await waiting(daemon, 1);
  const { id, wish, program, processes, instead, asked, user: name } = question!;
  deepEqual({ wish, program, processes, instead }, {
    ...{ wish: `connect to 127.0.0.1:${PORT} (tcp)`, program: "/usr/bin/curl", processes: [running.pid] },
    instead: "deny",
  });
  equal(asked!.plugin, "rules");
  using client = new ControlClient(daemon.socket);
  const events = client.events<Observation>(PATHS.events)[Symbol.asyncIterator]();
  // Both the stream and the answer are to this one connection's daemon, so the stream is there first.
  const decided = (async () => {
    for (;;) {
      const { value } = await events.next();
      if (value.event.remote?.port === PORT) return value;
    }
  })();
  await until("the stream", async () => {
    const { observers } = await client.get<{ observers: number }>(PATHS.status);
    return observers > 0;
  });
  deepEqual(await user.answer("self", id), { status: 200, error: "" });
  const { stdout, code } = await running.output();
  deepEqual([text(stdout), code], ["word", 0]);
  const { why, plugin } = await decided;
  equal(plugin, "ask");
  match(
    why,
    new RegExp(`^allowed by ${name} \\(uid ${USER}, /usr/bin/python3[.\\d]*\\[${user.pid}\\]\\) once$`),
  );
  await events.return?.(undefined);
});

Deno.test("questions: curl is held until root answers, and fails", async () => {
  await using _server = serve();
  await using daemon = await askingDaemon();
  const running = curl();
  const [question] = await waiting(daemon, 1);
  using client = new ControlClient(daemon.socket);
  const { calls, by } = await client.post<Answered>(answerPath(question!.id), { action: "deny" });
  deepEqual([calls, by.uid, by.pid], [1, 0, Deno.pid]);
  const { stderr, success } = await running.output();
  equal(success, false);
  match(text(stderr), /Failed to connect|Couldn't connect|Could not connect/);
});

Deno.test("questions: one is gone with the program that asked", async () => {
  await using daemon = await askingDaemon();
  await using user = await Person.start(daemon.socket, USER);
  const running = curl();
  const [question] = await waiting(daemon, 1);
  running.kill("SIGKILL");
  await running.output();
  await waiting(daemon, 0);
  const { status, error } = await user.answer("self", question!.id);
  deepEqual([status, error], [410, "Not answered: its calls have ended"]);
});

Deno.test("questions: neither the program that asks answers, nor what it starts, nor another user", async () => {
  await using daemon = await askingDaemon();
  await using user = await Person.start(daemon.socket, USER);
  await using other = await Person.start(daemon.socket, OTHER);
  await using asking = await Person.start(daemon.socket, USER);
  await asking.connect(PORT);
  const [{ id }] = await waiting(daemon, 1) as [QuestionJson];
  for (const how of ["self", "child", "orphan", "sibling", "heir", "traced"] satisfies Descent[]) {
    equal((await asking.answer(how, id)).status, 403, how);
  }
  equal((await other.answer("self", id)).status, 403);
  deepEqual(await user.answer("self", id), { status: 200, error: "" });
  using client = new ControlClient(daemon.socket);
  const { daemon: { plugins } } = await client.get<Stats>(PATHS.stats);
  const counters = plugins.find(({ name }) => name === "ask")!.counters!;
  const causes = ["asker", "origin", "user", "gone", "traced"];
  deepEqual(causes.map((cause) => counters[`refused ${cause}`]), [2, 2, 1, 1, 1]);
  equal(counters.allowed, 1);
});

Deno.test("questions: an answer for a time becomes a ticket, and a later one takes it back", async () => {
  await using _server = serve();
  await using daemon = await askingDaemon();
  using client = new ControlClient(daemon.socket);
  const first = curl();
  const [question] = await waiting(daemon, 1);
  const lasting = { action: "allow", lasts: "time", time: 3_600_000, scope: "program" };
  await client.post<Answered>(answerPath(question!.id), lasting);
  equal(text((await first.output()).stdout), "word");
  const tickets = async () => {
    const { tickets } = await client.get<{ tickets: { key: string[]; plugin?: string }[] }>(PATHS.tickets);
    return tickets.filter(({ plugin }) => plugin === "ask");
  };
  const [ticket] = await until("the ticket", async () => {
    const found = await tickets();
    return found.length > 0 && found;
  });
  deepEqual(ticket!.key.toSorted(), ["exe", "remote-address", "remote-port"]);
  equal(text((await curl().output()).stdout), "word");
  await using asking = await Person.start(daemon.socket, USER);
  await asking.connect(PORT);
  const [other] = await waiting(daemon, 1);
  await client.post<Answered>(answerPath(other!.id), { ...lasting, action: "deny", scope: "address" });
  await until("the end of the ticket", async () => (await tickets()).length === 0);
  equal((await curl().output()).success, false);
});

Deno.test("questions: an answer for always is a rule, which rules from then on", async () => {
  await using _server = serve();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/50-ask.yaml`, RULES);
  const file = `${folder}/10-answers.yaml`;
  await using daemon = await askingDaemon("version: 1\nrules: []\n", [
    `rules: { files: ["${folder}/*.yaml"] }`,
    `ask: { save: ${file} }`,
  ]);
  using client = new ControlClient(daemon.socket);
  const first = curl();
  const [question] = await waiting(daemon, 1);
  deepEqual(question!.lasts, ["once", "time", "process", "always"]);
  const { saved } = await client.post<Answered>(answerPath(question!.id), {
    action: "allow",
    lasts: "always",
  });
  equal(saved, file);
  equal(text((await first.output()).stdout), "word");
  equal(
    await Deno.readTextFile(file),
    "# Rules from answers for always (plugin ask); the first that matches wins.\nversion: 1\nrules:\n" +
      `  - { allow: snet.out, exe: /usr/bin/curl, user: ${USER}, proto: tcp, to: 127.0.0.1, port: ${PORT}, netns: host }\n`,
  );
  const asked = async () => {
    const { daemon: { plugins } } = await client.get<Stats>(PATHS.stats);
    return plugins.find(({ name }) => name === "ask")!.counters!;
  };
  await until("the rule", async () => {
    const { plugins } = await client.get<Status>(PATHS.status);
    return plugins[1]!.rules === 2;
  });
  const { remembered } = await asked();
  equal(text((await curl().output()).stdout), "word");
  // The rule has answered, and not what the plugin remembers.
  equal((await asked()).remembered, remembered);
  await Deno.remove(folder, { recursive: true });
});
