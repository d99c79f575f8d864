/** `snet rules profile` against a whole daemon: only the kernel is the test's. */

import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { profile } from "../core/cli/profile.ts";
import { Recorder } from "../core/cli/recorder.ts";
import { parseConfig, readConfig } from "../core/config.ts";
import { controlApp } from "../core/control/app.ts";
import { serveControl } from "../core/control/server.ts";
import { Daemon, type DaemonParts } from "../core/daemon.ts";
import { setUpLanes } from "../core/lanes.ts";
import { Ring } from "../core/ring.ts";
import { closeLinks } from "../core/setup.ts";
import { Action } from "../ffi/mod.ts";
import { PLUGINS } from "../plugins/mod.ts";
import { checkRules, type RuleSources } from "../plugins/rules/mod.ts";

const TEXT = "# Mine.\ndefault: deny\nplugins:\n  - rules: { files: [always.yaml, work.yaml] } # both\n";
const ALWAYS = "version: 1\nrules: [{ deny: snet.out, port: 25 }]\n";
const WORK = "version: 1\nprofile: [work, home]\nrules: [{ allow: snet.out, port: 443 }]\n";

interface Stage {
  readonly folder: string;
  readonly daemon: () => Daemon;
  /** Tickets that were dropped, which a reload does. */
  readonly loads: () => number;
  /** The lines that the command says. */
  run(name?: string, options?: { readonly none?: boolean }): Promise<readonly string[]>;
  /** Another process, by what stands in the files. */
  restart(): void;
}

async function withDaemon(files: Readonly<Record<string, string>>, run: (stage: Stage) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "snet-profile-" });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  const config = `${folder}/snet.yaml`;
  let loads = 0;
  const log = () => {};
  const begin = () => {
    const parts: DaemonParts = {
      version: "0.1.0",
      read: (text) =>
        Promise.resolve().then(() => ({
          config: text === undefined ? readConfig(config, PLUGINS) : parseConfig(config, text, PLUGINS),
          plugins: PLUGINS,
        })),
      context: { clock: Date.now, verifiedExe: () => true, log },
      reactor: {
        attached: {
          ...{ fd: 3, events: ["snet.connect"], missing: [], delay: 1, policy: Action.Deny, baseline: {} },
          features: 0,
        },
        restarts: 0,
        load: () => Promise.resolve(void loads++),
        counts: () => Promise.resolve({ chain: { plugins: [] } } as never),
        flush: () => Promise.resolve(0),
      },
      kernel: { stats: () => ({}) as never, tickets: () => [] },
      ring: Ring.ofSize(1 << 16),
      checkRules: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
      log,
    };
    return new Daemon(parts, setUpLanes(PLUGINS, readConfig(config, PLUGINS), parts.context));
  };
  let daemon = begin();
  const socket = `${folder}/snet.sock`;
  const end = () => {
    const { links } = daemon.lanes;
    daemon.close();
    closeLinks(links);
  };
  await run({
    folder,
    daemon: () => daemon,
    loads: () => loads,
    run: async (name, options = {}) => {
      await using _server = await serveControl(socket, undefined, controlApp(daemon, Deno.uid()!));
      const output = new Recorder(80);
      await profile(name, { ...options, socket }, output);
      return output.lines;
    },
    restart: () => {
      end();
      daemon = begin();
    },
  });
  end();
  await Deno.remove(folder, { recursive: true });
}

const TWO = { "snet.yaml": TEXT, "always.yaml": ALWAYS, "work.yaml": WORK };
const rulesOf = (daemon: Daemon) => daemon.status().plugins[0]?.rules;

Deno.test("profile: one is made active in snet.yaml, at once and over restarts, and none again", () =>
  withDaemon(TWO, async ({ folder, daemon, loads, run, restart }) => {
    const text = () => Deno.readTextFile(`${folder}/snet.yaml`);
    deepEqual(await run(), ["  work", "  home", "None is active."]);
    deepEqual([daemon().status().profile, rulesOf(daemon())], [undefined, 1]);
    deepEqual(await run("work"), ["* work  active", "  home"]);
    equal(await text(), TEXT.replace("work.yaml] }", "work.yaml], profile: work }"));
    deepEqual([daemon().status().profile, rulesOf(daemon()), loads()], ["work", 2, 1]);
    restart();
    deepEqual([daemon().status().profile, rulesOf(daemon())], ["work", 2]);
    deepEqual(await run("work"), ["* work  active", "  home"]);
    // What is so already loads nothing, and drops no tickets.
    equal(loads(), 1);
    deepEqual(await run(undefined, { none: true }), ["  work", "  home", "None is active."]);
    equal(await text(), TEXT);
    deepEqual([daemon().status().profile, rulesOf(daemon()), loads()], [undefined, 1, 2]);
  }));

Deno.test("profile: what would not load changes nothing, and says why", () =>
  withDaemon(TWO, async ({ folder, daemon, loads, run }) => {
    await rejects(
      run("wrok"),
      /^CommandError: Nothing was changed: There is no profile "wrok"; there are work, home$/,
    );
    await Deno.writeTextFile(`${folder}/work.yaml`, WORK.replace("port", "prt"));
    // Not loaded yet, and wrong.
    await rejects(run("work"), /Nothing was changed: .*work\.yaml:3:\d+: unknown key "prt"/);
    equal(await Deno.readTextFile(`${folder}/snet.yaml`), TEXT);
    deepEqual([daemon().status().profile, rulesOf(daemon()), loads()], [undefined, 1, 0]);
  }));

Deno.test("profile: without any it says so", () =>
  withDaemon({ ...TWO, "work.yaml": ALWAYS }, async ({ run }) => {
    deepEqual(await run(), ['No profiles: no file of rules says "profile".']);
    await rejects(run("work"), /There are no profiles/);
    await rejects(run("work", { none: true }), /not both/);
  }));

Deno.test("profile: a daemon whose files name no such profile does not start", async () => {
  const folder = await Deno.makeTempDir({ prefix: "snet-profile-" });
  await Deno.writeTextFile(`${folder}/always.yaml`, ALWAYS);
  await Deno.writeTextFile(
    `${folder}/snet.yaml`,
    "default: deny\nplugins: [rules: { files: always.yaml, profile: work }]\n",
  );
  const context = { clock: Date.now, verifiedExe: () => true, log: () => {} };
  throws(
    () => setUpLanes(PLUGINS, readConfig(`${folder}/snet.yaml`, PLUGINS), context),
    /no file of rules is for the profile "work"/,
  );
  await Deno.remove(folder, { recursive: true });
});
