/** A whole daemon with a folder of its own: its configuration, questions, rules, counts and page. Only the kernel is the test's. */

import type { SessionRole } from "../../core/control/api.ts";
import { controlApp, startOfNumbers } from "../../core/control/app.ts";
import { readConfig } from "../../core/config.ts";
import { Daemon, type DaemonParts } from "../../core/daemon.ts";
import { setUpLanes } from "../../core/lanes.ts";
import type { LinkCounts } from "../../core/link.ts";
import type { LoopCounts } from "../../core/loop.ts";
import type { Asking } from "../../core/plugin.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import { Ring } from "../../core/ring.ts";
import { closeLinks } from "../../core/setup.ts";
import { event } from "../../core/testing.ts";
import type { Verdict } from "../../core/verdict.ts";
import { PageKeeper } from "../../core/web/keeper.ts";
import { Action, Clock, clockGettime, COUNTER_DOCS, Feature } from "../../ffi/mod.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { checkRules, type RuleSources } from "../../plugins/rules/mod.ts";
import { openPage } from "../../web/page.ts";

/** Bytes of decisions on their way: some thousands. */
const RING = 1 << 23;
const ASKED = "web: { listen: 127.0.0.1:PORT }\nplugins: [rules: { files: rules.yaml }, ask]\n";

export class DaemonStage implements AsyncDisposable {
  #daemon: Daemon | undefined;
  #pages: PageKeeper | undefined;
  #ring = Ring.ofSize(RING);
  /** The same after a restart, as people set it. */
  readonly #port = freePort();

  readonly log: string[] = [];

  private constructor(readonly folder: string, readonly hits: readonly number[]) {}

  /** `rules` is the text of its file of rules, `hits` how often each of them answered. */
  static async open(
    { rules = "version: 1\nrules:\n  - allow: snet.out\n", hits = [] as readonly number[] } = {},
  ): Promise<DaemonStage> {
    const stage = new DaemonStage(await Deno.makeTempDir({ prefix: "snet-" }), hits);
    await Deno.writeTextFile(`${stage.folder}/rules.yaml`, rules);
    await stage.configure("default: deny");
    await stage.start();
    return stage;
  }

  /** Writes snet.yaml; `more` stands before what the stage itself needs. */
  async configure(more: string): Promise<void> {
    const text = `${more}\n${ASKED.replace("PORT", String(this.#port))}`;
    await Deno.writeTextFile(`${this.folder}/snet.yaml`, text);
  }

  /** As a new process would: nothing is there of what was. */
  async start(): Promise<void> {
    this.#ring = Ring.ofSize(RING);
    const pages: { keeper?: PageKeeper } = {};
    const log: DaemonParts["log"] = (level, message) => void this.log.push(`${level}: ${message}`);
    const world = worldOfSelf();
    const parts: DaemonParts = {
      version: "0.1.0",
      read: async () => ({ config: await this.#read(), plugins: PLUGINS }),
      settle: async ({ web }) => await pages.keeper?.settle(web),
      context: { clock: Date.now, verifiedExe: () => true, log },
      reactor: {
        attached: {
          ...{
            fd: 3,
            events: ["snet.connect"],
            missing: [],
            delay: 60_000,
            policy: Action.Deny,
            baseline: {},
          },
          features: Feature.Hooks | Feature.Tickets,
        },
        restarts: 0,
        load: () => Promise.resolve(),
        counts: () => Promise.resolve(countsOf(this.hits)),
        flush: () => Promise.resolve(0),
      },
      kernel: { stats: () => ZEROS, tickets: () => [] },
      ring: this.#ring,
      page: () => pages.keeper,
      checkRules: (options) => Promise.resolve(checkRules(options as RuleSources & typeof options)),
      ...{ world, log },
    };
    const lanes = setUpLanes(PLUGINS, await this.#read(), parts.context);
    this.#daemon = new Daemon(parts, lanes);
    const control = controlApp(this.#daemon, Deno.uid()!, startOfNumbers());
    pages.keeper = new PageKeeper({ open: openPage, gid: undefined, control, world, log });
    this.#pages = pages.keeper;
    await pages.keeper.settle(lanes.config.web);
  }

  #read(): Promise<ReturnType<typeof readConfig>> {
    try {
      return Promise.resolve(readConfig(`${this.folder}/snet.yaml`, PLUGINS));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As SIGHUP does it; rejects where the configuration is wrong. */
  async reload(): Promise<void> {
    await this.#daemon!.reload();
  }

  /** All that only a process has is gone. */
  async stop(): Promise<void> {
    if (this.#daemon === undefined) return;
    const { links } = this.#daemon.lanes;
    await this.#pages?.[Symbol.asyncDispose]();
    this.#daemon.close();
    closeLinks(links);
    this.#daemon = undefined;
  }

  /** A link that works once, for root. */
  link(role: SessionRole = "admin"): string {
    return this.#pages!.logins().invite({ uid: 0 }, role).link;
  }

  /** Decisions were made. */
  decide(...ports: readonly number[]): void {
    const observed = { held: 54, number: 0, action: Action.Allow, cause: 0, errno: 0, remember: 0, why: "" };
    for (const port of ports) {
      const { message } = event({
        time: clockGettime(Clock.Monotonic),
        task: { exe: "/usr/bin/curl", comm: "curl" },
        remote: { ip: "192.0.2.1", port },
      });
      this.#ring.write(observed, message);
    }
  }

  /** A program calls, and is held until somebody answers; undefined where nobody does. */
  hold(port: number, signal = new AbortController().signal): Promise<Verdict | undefined> {
    const { instance } = this.#daemon!.lanes.links.find(({ name }) => name === "ask")!;
    const asking: Asking = {
      ...{ signal, deadline: Infinity, calls: 1 },
      asked: { plugin: "rules", rule: 0, why: "new" },
    };
    const call = event({ task: { exe: "/usr/bin/curl", comm: "curl" }, remote: { ip: "192.0.2.1", port } });
    return Promise.resolve(instance.decide!(call, asking) as Promise<Verdict | undefined>);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const ZEROS = Object.fromEntries(Object.keys(COUNTER_DOCS).map((name) => [name, 0n])) as ReturnType<
  DaemonParts["kernel"]["stats"]
>;

/** Of a reactor whose rules have answered so often. */
function countsOf(hits: readonly number[]): LoopCounts {
  const calls = hits.reduce((sum, each) => sum + each, 0);
  const rules: LinkCounts = {
    ...{
      name: "rules",
      place: 0,
      lane: "fast" as const,
      calls,
      allowed: calls,
      denied: 0,
      asked: 0,
      failed: 0,
    },
    ...{ late: 0, cancelled: 0, shared: 0, lastFailure: undefined, hits: Float64Array.from(hits) },
  };
  const causes = { verdict: calls, default: 0, ask: 0, failed: 0, late: 0 };
  return {
    chain: { causes, unremembered: 0, plugins: [rules] },
    ...{ late: 0, refused: 0, lastRefusal: undefined, malformed: 0, overruns: 0, notified: 0 },
    ...{ cancelled: [], sendFailures: 0, waiting: 0 },
  };
}
