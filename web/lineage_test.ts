/** Real processes make links at a real control socket, and answer a question at the page. */

import { deepEqual, equal, match } from "node:assert/strict";
import { geteuid } from "../ffi/mod.ts";
import { type AnswerJson, PATHS, type QuestionList, type WebLink } from "../core/control/api.ts";
import { controlApp, type Controlled } from "../core/control/app.ts";
import { serveControl } from "../core/control/server.ts";
import { ControlClient } from "../core/cli/client.ts";
import { readProcess } from "../core/process_tree.ts";
import { AnswerError, type QuestionDesk } from "../core/questions/desk.ts";
import { Desks } from "../core/questions/desks.ts";
import { type Asker, worldOfSelf } from "../core/questions/may_answer.ts";
import { type Credentials, Stage } from "./stage_fixture.ts";

/** Makes a link each time that it reads a line: by itself, or by a child that ends then. */
const PROGRAM = `
import http.client, os, socket, sys
class Control(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])
def link():
    control = Control("snet")
    control.request("POST", "/v1/web/links", body="{}")
    os.write(1, control.getresponse().read() + b"\\n")
print("ready", flush=True)
for line in sys.stdin:
    if line == "self\\n":
        link()
    elif os.fork() == 0:
        link()
        os._exit(0)
    else:
        os.wait()
`;

class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;

  private constructor(socket: string) {
    this.#child = new Deno.Command("/usr/bin/python3", {
      args: ["-c", PROGRAM, socket],
      ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    const text = new TextDecoderStream() as TransformStream<Uint8Array, string>;
    this.#output = this.#child.stdout.pipeThrough(text).getReader();
  }

  static async start(socket: string): Promise<Program> {
    const program = new Program(socket);
    equal(await program.#line(), "ready");
    return program;
  }

  async #line(): Promise<string> {
    let text = "";
    while (!text.endsWith("\n")) text += (await this.#output.read()).value!;
    return text.trimEnd();
  }

  async link(who: "self" | "child"): Promise<WebLink> {
    await this.#input.write(new TextEncoder().encode(`${who}\n`));
    return JSON.parse(await this.#line());
  }

  get asker(): Asker {
    const { pid } = this.#child;
    const { parent, startTime } = readProcess(pid)!;
    return { pid, ppid: parent, startTime: startTime * 10_000_000n };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
  }
}

/** One question, of the program. */
function deskOf(asker: Asker): QuestionDesk {
  const question = { uid: geteuid(), name: "python3", askers: [asker] };
  const shown = (viewer: Parameters<QuestionDesk["list"]>[0]) => {
    const refusal = viewer.refusalFor(question);
    return { id: "q1", mayAnswer: refusal === undefined, ...(refusal && { whyNot: refusal.why }) };
  };
  return {
    list: (viewer) => [shown(viewer)] as unknown as ReturnType<QuestionDesk["list"]>,
    show: (_, viewer) => shown(viewer) as unknown as ReturnType<QuestionDesk["show"]>,
    knows: (id) => id === "q1",
    answer(id, { action }: AnswerJson, who) {
      const refusal = who.refusalFor(question);
      if (refusal !== undefined) return Promise.reject(new AnswerError(403, refusal.why));
      return Promise.resolve({
        id,
        action,
        lasts: "once",
        calls: 1,
        by: { uid: who.uid!, user: "me", pid: who.pid },
      });
    },
    observe: () => () => {},
  };
}

Deno.test("a program cannot make a link and answer its own question at the page, nor can what it starts; others can", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/snet.sock`;
  const world = worldOfSelf();
  const desks = new Desks(world);
  const daemon = {
    questions: desks,
    observe: () => () => {},
    logins: () => stage.page.logins,
  } as unknown as Controlled;
  const control = controlApp(daemon, geteuid());
  await using stage = await Stage.open({ control, world });
  await using _control = await serveControl(socket, undefined, control);
  await using program = await Program.start(socket);
  desks.load([{ desk: deskOf(program.asker), instead: () => "deny" }]);

  const logIn = async ({ link }: WebLink): Promise<Credentials> => {
    const secret = new URL(link).hash.slice("#login=".length);
    const reply = await stage.ask("/v1/session", { method: "POST", body: JSON.stringify({ secret }) });
    return { cookie: reply.headers.get("set-cookie")!.split(";")[0]!, key: JSON.parse(reply.text).key };
  };
  const answer = (session: Credentials) =>
    stage.ask("/v1/questions/q1/answer", { method: "POST", session, body: `{"action":"allow"}` });

  for (const who of ["self", "child"] as const) {
    const session = await logIn(await program.link(who));
    const { status, text } = await answer(session);
    equal(status, 403);
    match(
      text,
      who === "self" ? /which asks, has made the link/ : /which asks, has started who made the link/,
    );
    const { questions } = JSON.parse((await stage.ask("/v1/questions", { session })).text) as QuestionList;
    deepEqual(questions.map(({ mayAnswer }) => mayAnswer), [false]);
  }
  // This process was there before the program.
  using client = new ControlClient(socket);
  const own = await client.post<WebLink>(PATHS.webLinks);
  equal(own.role, "admin");
  const { status, text } = await answer(await logIn(own));
  equal(status, 200);
  equal(JSON.parse(text).by.pid, Deno.pid);
  await Deno.remove(folder, { recursive: true });
});
