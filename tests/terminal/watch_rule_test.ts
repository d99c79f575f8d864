/** `snet watch` at a real pseudo-terminal: a rule that is made of a decision, with the rules' own parts and files. */

import { equal } from "node:assert/strict";
import { eventJson, observation } from "../../core/cli/samples.ts";
import { readConfig } from "../../core/config.ts";
import type { Observation } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { RuleDesk } from "../../core/control/rule_desk.ts";
import { serveControl } from "../../core/control/server.ts";
import { setUpLanes } from "../../core/lanes.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { checkRules, type RuleSources } from "../../plugins/rules/mod.ts";
import { WatchStage } from "./watch_stage.ts";

const TEXT = "version: 1\nrules:\n  # Own.\n  - allow: snet.out\n";

Deno.test("watch: r makes a rule of a decision, which is written after it was seen", async () => {
  const folder = await Deno.makeTempDir({ prefix: "snet-watch-" });
  const path = `${folder}/rules.yaml`;
  await Deno.writeTextFile(path, TEXT);
  await Deno.writeTextFile(`${folder}/snet.yaml`, "default: deny\nplugins: [rules: { files: rules.yaml }]\n");
  const context = { clock: Date.now, verifiedExe: () => true, log: () => {} };
  const read = () => setUpLanes(PLUGINS, readConfig(`${folder}/snet.yaml`, PLUGINS), context);
  let lanes = read();
  const rules = new RuleDesk({
    lanes: () => lanes,
    context,
    loaded: () => 0,
    counts: () => Promise.resolve([]),
    check: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
    reload: () => Promise.resolve(void (lanes = read())),
    now: Date.now,
  });
  const observers = new Set<(observation: Observation) => void>();
  const observe = (observer: (observation: Observation) => void) => {
    observers.add(observer);
    return () => void observers.delete(observer);
  };
  const socket = `${folder}/snet.sock`;
  {
    const app = controlApp({ rules, observe } as unknown as Controlled, Deno.uid()!);
    await using _server = await serveControl(socket, undefined, app);
    await using stage = new WatchStage({ socket });
    await stage.see("Nothing yet.");
    await stage.until("it observes", () => observers.size === 1);
    const event = eventJson({
      task: { exe: "/usr/bin/python3", uid: 1000 },
      remote: { ip: "192.0.2.7", port: 443 },
    });
    const where = { plugin: "rules", rule: { number: 0, where: `${path}:4:5` } };
    for (const observer of observers) {
      observer(observation({ time: new Date().toISOString(), event, ...where }));
    }
    await stage.see(/^>\+ python3 /m);
    stage.type("r");
    await stage.see(/ - \{ deny: snet\.out, exe: \/usr\/bin\/python3, /);
    await stage.see(/Enter save/);
    stage.type("a");
    await stage.see(/This is broad: python3 runs whatever script it is given\.$/m);
    stage.type("\x1b");
    await stage.see(/^>\+ python3 /m);
    equal(await Deno.readTextFile(path), TEXT);
    stage.type("r");
    await stage.see(/scope 1 of 7/);
    stage.type("s");
    await stage.see(/^ deny this program, to this address, any port$/m);
    await stage.insist("\r", "it is written", () => Deno.readTextFileSync(path) !== TEXT);
    await stage.see(/saved in .*rules\.yaml/);
    equal(
      await Deno.readTextFile(path),
      TEXT.replace(
        "  # Own.",
        "  - { deny: snet.out, exe: /usr/bin/python3, user: 1000, proto: tcp, to: 192.0.2.7 }\n  # Own.",
      ),
    );
  }
  await Deno.remove(folder, { recursive: true });
});
