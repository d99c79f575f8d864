/** What tests of notify share. */

import type { Decision, Occasion, PluginContext, SnetEvent } from "../../core/mod.ts";
import { decisionJson } from "../../core/mod.ts";
import type { Message } from "./message.ts";
import notify from "./mod.ts";
import { lines } from "../parts/lines_fixture.ts";

type NotifyOptions = Parameters<NonNullable<typeof notify.prepare>>[0];

/** When the decisions of these tests were made. */
export const OCCASION: Occasion = { time: Date.UTC(2026, 2, 1, 12), held: 12, rule: undefined };

export const DENIED: Decision = {
  verdict: { action: "deny", why: "telnet is not encrypted", errno: 111 },
  plugin: "rules",
  rule: 3,
  cause: "verdict",
};

/** What is told of a decision about an event. */
export function messageOf(event: SnetEvent, decision: Decision = DENIED, suppressed = 0): Message {
  return { observation: decisionJson(event, decision, OCCASION), suppressed };
}

/** The plugin as the daemon sets it up; `log` gets what it says. */
export function setUp(given: Partial<NotifyOptions> & Pick<NotifyOptions, "to">, log: string[] = []) {
  const context: PluginContext = {
    clock: Date.now,
    verifiedExe: () => true,
    log: (level, message) => log.push(`${level}: ${message}`),
  };
  const defaults = Object.entries(notify.options).map(([name, spec]) => [
    name,
    "default" in spec ? spec.default : undefined,
  ]);
  const options = { ...Object.fromEntries(defaults), ...given } as NotifyOptions;
  return notify.setup(structuredClone(notify.prepare!(options, context)), context);
}

/** A unix datagram socket in another process: Deno has no stable ones, Python has. */
export class Receiver {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  private constructor(path: string) {
    const program = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print(flush=True)
while True: print(s.recv(65536).hex(), flush=True)`;
    this.#child = new Deno.Command("python3", { args: ["-c", program, path], stdout: "piped" }).spawn();
    this.#lines = lines(this.#child.stdout);
  }

  /** Resolves once it listens. */
  static async at(path: string): Promise<Receiver> {
    const receiver = new Receiver(path);
    await receiver.next();
    return receiver;
  }

  /** The next datagram. */
  async next(): Promise<Uint8Array> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The receiver has ended");
    return Uint8Array.fromHex(value);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#lines.return(undefined);
    await this.#child.status;
  }
}
