/** `snet watch` at a real pseudo-terminal, against the control API as the daemon has it. */

import { eventJson, observation } from "../../core/cli/samples.ts";
import type { Observation } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { serveControl } from "../../core/control/server.ts";
import { WatchStage } from "./watch_stage.ts";

/** What the daemon tells whoever observes; nothing else is asked of it here. */
class Decisions {
  readonly observers = new Set<(observation: Observation) => void>();
  readonly tickets = () => ({ tickets: [] });

  observe(observer: (observation: Observation) => void): () => void {
    this.observers.add(observer);
    return () => void this.observers.delete(observer);
  }

  make(exe: string, count = 1): void {
    const made = observation({
      time: new Date().toISOString(),
      event: eventJson({ task: { exe, cmdline: [exe, "\x1b[2Jx"] }, remote: { port: 443 } }),
    });
    for (let number = 0; number < count; number++) this.observers.forEach((observer) => observer(made));
  }
}

Deno.test("watch: what the daemon decides appears, with all that is known of it", async () => {
  const folder = await Deno.makeTempDir({ prefix: "snet-watch-" });
  const socket = `${folder}/snet.sock`;
  const decisions = new Decisions();
  {
    await using _server = await serveControl(
      socket,
      undefined,
      controlApp(decisions as unknown as Controlled, 0),
    );
    await using stage = new WatchStage({ socket });
    await stage.see("Nothing yet.");
    await stage.until("it observes", () => decisions.observers.size === 1);
    decisions.make("/usr/bin/wget", 2);
    decisions.make("/usr/bin/a b");
    await stage.see(/^>\+ wget .* 2 +0 {2}allow/m);
    await stage.see(/^ \+ a\\x20b /m);
    stage.type("i");
    await stage.see(/^ {3}decided by rules: web$/m);
    await stage.see(/^ {3}command {4}\/usr\/bin\/wget '\\x1b\[2Jx'$/m);
    await stage.see(/^ {3}to {9}127\.0\.0\.1:443$/m);
    // More than one batch, and more than is kept for a reader that does not read.
    decisions.make("/usr/bin/flood", 12_000);
    stage.type("q");
    await stage.see(/, [1-9]\d* missed$/m);
    stage.type("/flood");
    await stage.see(/^>\+ flood /m);
  }
  await Deno.remove(folder, { recursive: true });
});
