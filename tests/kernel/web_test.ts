/** Calls that wait for people, who answer at the daemon's page. */

import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { ControlClient } from "../../core/cli/client.ts";
import { PATHS, type Status, type WebLink, type WebSessionList } from "../../core/control/api.ts";
import { closeBrowser, Visitor } from "../web/browser.ts";
import { logIn } from "../web/session.ts";
import { Daemon } from "./daemon.ts";
import { until } from "./until.ts";

const MAIN = new URL("../../core/main.ts", import.meta.url).pathname;
const USER = 65534;
const PORT = 8099;
const PAGE = "http://127.0.0.1:874";

const RULES = `version: 1\nrules:\n  - { name: web, ask: snet.out, port: ${PORT} }\n`;

async function startDaemon(): Promise<Daemon> {
  const more = ["web: {}"];
  const kernel = ["delay: 20s", "policy: deny"];
  const daemon = await Daemon.start({
    rules: RULES,
    kernel,
    more,
    plugins: ["ask: {}"],
    default: "allow",
    entry: MAIN,
  });
  await Deno.chmod(daemon.socket.slice(0, daemon.socket.lastIndexOf("/")), 0o755);
  await Deno.chmod(daemon.socket, 0o666);
  return daemon;
}

/** A program of an ordinary user. */
function asUser(program: string, args: readonly string[]) {
  return new Deno.Command(program, {
    args: [...args],
    ...{ uid: USER, gid: USER, cwd: "/", stdin: "null", stdout: "piped", stderr: "piped" },
  }).spawn();
}

const fetchWord = ["--silent", "--show-error", "--max-time", "60", `http://127.0.0.1:${PORT}/`];
const fetchLink = (
  socket: string,
) => ["--silent", "--unix-socket", socket, "--data", "{}", `http://127.0.0.1${PATHS.webLinks}`];

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const linkOf = (said: string) => (JSON.parse(said) as WebLink).link;

function serve(): AsyncDisposable {
  const options = { hostname: "127.0.0.1", port: PORT, onListen: () => {} };
  const server = Deno.serve(options, () => new Response("word"));
  return { [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("web: curl is held until its user answers at the page, and goes on or fails", async () => {
  await using _server = serve();
  await using daemon = await startDaemon();
  const made = await asUser("/usr/bin/curl", fetchLink(daemon.socket)).output();
  const browser = await logIn(linkOf(text(made.stdout)));
  equal(browser.role, "answer");
  for (const action of ["allow", "deny"] as const) {
    const running = asUser("/usr/bin/curl", fetchWord);
    const [question] = await until("a question", async () => {
      const questions = await browser.questions();
      return questions.length === 1 && questions;
    });
    const { program, processes, mayAnswer } = question!;
    deepEqual({ program, processes, mayAnswer }, {
      ...{ program: "/usr/bin/curl", processes: [running.pid], mayAnswer: true },
    });
    const { status, said } = await browser.answer(question!.id, action);
    deepEqual([status, said.calls, said.by.uid], [200, 1, USER]);
    const { stdout, success } = await running.output();
    deepEqual([text(stdout), success], action === "allow" ? ["word", true] : ["", false]);
  }
});

Deno.test({
  name:
    "web: curl is held, its question appears in Chromium, and a click there lets it go on or denies it; as does time",
  // The browser's own.
  ...{ sanitizeOps: false, sanitizeResources: false },
  async fn() {
    await using _server = serve();
    await using daemon = await startDaemon();
    await using _browser = { [Symbol.asyncDispose]: closeBrowser };
    const visit = async () => {
      const made = await asUser("/usr/bin/curl", fetchLink(daemon.socket)).output();
      const link = linkOf(text(made.stdout));
      return await Visitor.come({ link: () => link }, "questions");
    };
    await using person = await visit();
    await using other = await visit();
    const both = [person, other];
    /** What was seen to end leaves once nobody points at it. */
    const leave = async ({ page }: Visitor) => {
      await page.mouse.move(1, 1);
      await page.clock.fastForward(60_000);
      await page.getByText("Nobody waits for an answer.").waitFor();
    };
    for (const name of ["Allow", "Deny"]) {
      const running = asUser("/usr/bin/curl", fetchWord);
      for (const { page } of both) {
        await page.getByText(`connect to 127.0.0.1:${PORT} (tcp)`, { exact: true }).waitFor();
        await page.getByRole("heading", { name: "Questions" }).hover();
      }
      await person.settle();
      await person.page.getByRole("button", { name }).click();
      const { stdout, success } = await running.output();
      deepEqual([text(stdout), success], name === "Allow" ? ["word", true] : ["", false]);
      await other.page.getByText(/^(allowed|denied) by /).waitFor();
      equal(await other.page.getByRole("button", { name }).count(), 0);
      await Promise.all(both.map(leave));
    }
    await daemon.reload(RULES, ["ask: { timeout: 1s, whenLate: deny }"]);
    await person.page.getByRole("heading", { name: "Questions" }).hover();
    const { stdout, success } = await asUser("/usr/bin/curl", fetchWord).output();
    deepEqual([text(stdout), success], ["", false]);
    await person.page.getByRole("article").getByText("nobody answered in time").waitFor();
    deepEqual(both.flatMap(({ complaints }) => complaints), []);
  },
});

Deno.test("web: a program that makes a link by itself, or by a child, cannot answer its own question by that", async () => {
  await using _server = serve();
  await using daemon = await startDaemon();
  const program = `curl ${fetchLink(daemon.socket).join(" ")} >&2; echo >&2; exec curl ${
    fetchWord.join(" ")
  }`;
  const running = asUser("/bin/sh", ["-c", program]);
  // What is printed last is the link; the question follows.
  const reader = running.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.endsWith("\n")) said += (await reader.read()).value ?? "\n";
  reader.releaseLock();
  const browser = await logIn(linkOf(said));
  const [question] = await until("a question", async () => {
    const questions = await browser.questions();
    return questions.length === 1 && questions;
  });
  equal(question!.mayAnswer, false);
  const refused = await browser.answer(question!.id, "allow");
  equal(refused.status, 403);
  match(refused.said.error, /^.*curl\[\d+\], which asks, has started who made the link to this page/);
  // Root's link does.
  using client = new ControlClient(daemon.socket);
  const root = await logIn((await client.post<WebLink>(PATHS.webLinks)).link);
  equal(root.role, "admin");
  equal((await root.answer(question!.id, "allow")).status, 200);
  let word = "";
  for await (const part of running.stdout.pipeThrough(new TextDecoderStream())) word += part;
  deepEqual([word, (await running.status).code], ["word", 0]);
});

Deno.test("web: who is logged in stays so over a reload, until the page is somewhere else", async () => {
  await using daemon = await startDaemon();
  using client = new ControlClient(daemon.socket);
  const link = () => client.post<WebLink>(PATHS.webLinks);
  const page = async () => (await client.get<Status>(PATHS.status)).page;
  const browser = await logIn((await link()).link);
  await daemon.reload("version: 1\nrules: []\n");
  deepEqual(await browser.questions(), []);
  deepEqual(await page(), { addresses: [PAGE] });

  using other = Deno.listen({ hostname: "127.0.0.1", port: 8475 });
  await daemon.reload(RULES, ["ask: {}"], ["web: { listen: 8475 }"]);
  const { failure } = (await page())!;
  match(failure!, /^Cannot serve the page on http:\/\/127\.0\.0\.1:8475: .*in use/);
  await rejects(link(), { status: 503, reason: failure });
  await rejects(browser.questions(), TypeError);
  // It decides all the same.
  equal((await client.get<Status>(PATHS.status)).plugins[0]!.rules, 1);

  other.close();
  await daemon.reload(RULES, ["ask: {}"], ["web: {}"]);
  deepEqual((await client.get<WebSessionList>(PATHS.webSessions)).sessions, []);
  deepEqual(await (await logIn((await link()).link)).questions(), []);
  await daemon.reload(RULES, ["ask: {}"], []);
  equal(await page(), undefined);
  await rejects(link(), { status: 404 });
});
