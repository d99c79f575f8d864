/**
 * The daemon with one plugin more, `gate`, which waits until a test says what it answers: `slow_daemon.ts daemon --config
 * FILE`, in place of dist/snet.
 */

import { runDaemon } from "../../core/daemon_process.ts";
import { lineLog } from "../../core/log.ts";
import { allow, definePlugin, deny, type Verdict } from "../../core/mod.ts";
import { serveAsReactor } from "../../core/reactor_worker.ts";
import { PLUGINS } from "../../plugins/mod.ts";

/** Holds every call back until it is told on its unix socket: by `allow` or `deny`, which it answers with how many. */
const gate = definePlugin({
  name: "gate",
  doc: "Waits until a test says what it answers.",
  lane: "slow",
  on: ["snet.connect"],
  options: {
    socket: { type: "string", doc: "Path of the socket on which it is told." },
    open: { type: "boolean", default: false, doc: "Allows everything at once." },
  },
  setup({ socket, open }) {
    const waiting = new Set<(verdict: Verdict) => void>();
    let aborted = 0;
    const answer = (verdict: Verdict) => {
      const count = waiting.size;
      for (const settle of waiting) settle(verdict);
      waiting.clear();
      return count;
    };
    const commands: Readonly<Record<string, () => number>> = {
      waiting: () => waiting.size,
      aborted: () => aborted,
      allow: () => answer(allow("the gate is open")),
      deny: () => answer(deny("the gate is shut", { errno: 111 })),
    };
    const listener = Deno.listen({ transport: "unix", path: socket });
    void serve(listener, (word) => String(commands[word]!()));
    return {
      decide: (_event, { signal }) =>
        open ? Promise.resolve(allow("the gate is open")) : new Promise((settle) => {
          waiting.add(settle);
          signal.addEventListener("abort", () => {
            aborted++;
            waiting.delete(settle);
          });
        }),
      close: () => listener.close(),
    };
  },
});

/** One word and one answer for each connection. */
async function serve(listener: Deno.UnixListener, answer: (word: string) => string): Promise<void> {
  const buffer = new Uint8Array(16);
  for await (const connection of listener) {
    using _ = connection;
    const length = await connection.read(buffer) ?? 0;
    await connection.write(
      new TextEncoder().encode(answer(new TextDecoder().decode(buffer.slice(0, length)))),
    );
  }
}

const plugins = { ...PLUGINS, gate };

if ("WorkerGlobalScope" in globalThis) serveAsReactor(plugins);
else if (import.meta.main) {
  const log = lineLog((text) => Deno.stderr.writeSync(new TextEncoder().encode(text)), false);
  await runDaemon({
    config: Deno.args.at(-1)!,
    version: "test",
    plugins,
    log,
    spawn: () => new Worker(import.meta.url, { type: "module" }),
    startThread: (plugin) => {
      throw new Error(`${plugin} starts no thread here`);
    },
  });
}
