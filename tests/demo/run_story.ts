/**
 * The demo's first part, on this machine's own kernel: `snet run` holds one program, as an ordinary user could. Only
 * programs that it starts are held. Ends with 0 only if all went as promised.
 */

import { check, checks, prompt, run, say, SNET, summary } from "./stage.ts";

const CURL = "/usr/bin/curl";

/** A web server of the demo's own that counts its visitors. */
class Server implements AsyncDisposable {
  visits = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(options, () => {
      this.visits++;
      return new Response("hello\n");
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

const folder = await Deno.makeTempDir({ prefix: "snet-demo-" });

async function snet(...words: string[]) {
  prompt(["snet", ...words]);
  const ended = await run(SNET, words, folder);
  if (ended.text !== "") say(ended.text.replace(/^/gm, "  "));
  return ended;
}

async function story(): Promise<void> {
  say("\nsnet run holds one program on this machine's own kernel.", "strong");
  await using web = new Server();
  await using admin = new Server();
  const rules = "rules.yaml";
  await Deno.writeTextFile(
    `${folder}/${rules}`,
    `version: 1
rules:
  - { name: web, allow: snet.out, exe: ${CURL}, port: ${web.port} }
  - { name: no admin, deny: snet.out, exe: ${CURL}, port: ${admin.port}, errno: EHOSTUNREACH }
`,
  );
  say(
    `\n$ cat rules.yaml\n${(await Deno.readTextFile(`${folder}/${rules}`)).replace(/^/gm, "  ").trimEnd()}`,
  );

  const allowed = await snet("run", "-r", rules, "--", "curl", "-sS", web.url);
  check("connect: allowed by rule", allowed.code === 0 && allowed.text === "hello", allowed.text);

  const denied = await snet("run", "-q", "-r", rules, "--", "curl", "-sS", admin.url);
  check(
    `connect: denied by rule, curl ends with its own exit code (${denied.code}), and nobody was visited`,
    denied.code === 7 && admin.visits === 0,
    `exit code ${denied.code}, ${admin.visits} visits, ${denied.text}`,
  );

  const learned = "learned.yaml";
  const learning = await snet("run", "--learn", learned, "--", "curl", "-sS", web.url);
  const text = await Deno.readTextFile(`${folder}/${learned}`);
  say(`\n$ cat learned.yaml\n${text.replace(/^/gm, "  ").trimEnd()}`);
  check("learn: the program went through, and its rules are written", learning.code === 0, learning.text);

  const again = await snet("run", "-r", learned, "--", "curl", "-sS", web.url);
  check("the learned rules allow the same again", again.code === 0 && again.text === "hello", again.text);
  const other = await snet("run", "-q", "-r", learned, "--", "curl", "-sS", admin.url);
  check(
    "and nothing else",
    other.code === 7 && admin.visits === 0,
    `exit code ${other.code}, ${admin.visits} visits`,
  );
}

try {
  await story();
} catch (error) {
  check("the first part ran to its end", false, error instanceof Error ? error.message : String(error));
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(summary() && checks.length > 0 ? 0 : 1);
