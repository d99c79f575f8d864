/** What tests of the webhook share: options with their defaults, certificates by openssl, and the README's servers as processes. */

import type { PluginContext, SourceText } from "../../core/mod.ts";
import webhook from "./mod.ts";
import { lines } from "../parts/lines_fixture.ts";

type WebhookOptions = Parameters<NonNullable<typeof webhook.prepare>>[0];

/** The declaration's defaults with what a test says. */
export function optionsOf(given: Partial<WebhookOptions> & { readonly url: string }): WebhookOptions {
  const defaults = Object.entries(webhook.options).map(([name, spec]) => [
    name,
    "default" in spec ? spec.default : undefined,
  ]);
  return { ...Object.fromEntries(defaults), ...given };
}

/** A webhook as the daemon sets it up; `log` gets what it says. */
export function setUp(given: Parameters<typeof optionsOf>[0], log: string[] = []) {
  const context: PluginContext = {
    clock: Date.now,
    verifiedExe: () => true,
    log: (level, message) => log.push(`${level}: ${message}`),
  };
  // As between threads.
  return webhook.setup(structuredClone(webhook.prepare!(optionsOf(given), context)), context);
}

/** A file that only its owner can read, as an option of type `files` gives it. */
export function secretFile(path: string, text: string): SourceText[] {
  Deno.writeTextFileSync(path, text, { mode: 0o600 });
  return [{ path, text }];
}

/** Certificates in a folder: an authority `ca.pem`, a server's `server.pem` and a client's `client.pem`, with keys. */
export async function makeCertificates(folder: string): Promise<void> {
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const ca = ["-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE", "-days", "2"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", ...ca);
  await Deno.writeTextFile(`${folder}/names`, "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const name of ["server", "client"]) {
    await openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const by = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names"];
    await openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-out", `${name}.pem`);
  }
}

/** A server of the README, running on a port of its own choice. */
export class SampleServer {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;
  /** Where it listens. */
  port = 0;

  private constructor(command: string, args: readonly string[], env: Record<string, string>) {
    this.#child = new Deno.Command(command, {
      args: [...args],
      env: { ...env, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
    }).spawn();
    this.#lines = lines(this.#child.stdout);
  }

  /** Runs the README's block in that language; resolves once it listens. */
  static async start(
    language: "ts" | "python",
    folder: string,
    env: Record<string, string>,
  ): Promise<SampleServer> {
    const readme = await Deno.readTextFile(new URL("README.md", import.meta.url));
    const program = new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "m").exec(readme)![1]!;
    const path = `${folder}/server.${language === "ts" ? "ts" : "py"}`;
    await Deno.writeTextFile(path, program);
    const server = language === "ts"
      ? new SampleServer(Deno.execPath(), ["run", "--allow-all", "--no-check", "--quiet", path], env)
      : new SampleServer("python3", [path], env);
    for (;;) {
      const port = /^listening on (\d+)$/.exec(await server.line())?.[1];
      if (port === undefined) continue;
      server.port = Number(port);
      return server;
    }
  }

  /** The next line of its output. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The server has ended");
    return value;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#lines.return(undefined);
    await this.#child.status;
  }
}
