/** The page with a configuration in a file of its own, loaded and changed by the parts that the daemon does it with. */

import type { SessionRole } from "../../core/control/api.ts";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { FileChanges } from "../../core/control/file_changes.ts";
import { OptionDesk } from "../../core/control/option_desk.ts";
import { pluginListJson } from "../../core/control/plugin_list.ts";
import { ExternalPlugins } from "../../core/external/mod.ts";
import { type Lanes, prepareLanes, setUpLanes } from "../../core/lanes.ts";
import type { LinkCounts } from "../../core/link.ts";
import { worldOfSelf } from "../../core/questions/may_answer.ts";
import type { Page } from "../../core/web/page.ts";
import { PLUGINS } from "../../plugins/mod.ts";
import { openPage } from "../../web/page.ts";

/** What must be seen nowhere. */
export const SECRET = "hunter2-and-more";

/** A plugin of somebody's own, with an option of every type. */
const OWN = `
const text = { type: "string", byHand: false };
export default {
  name: "own",
  doc: "Of somebody's own.",
  on: ["snet.connect"],
  options: {
    count: { type: "integer", default: 3, min: 1, max: 9, doc: "How many." },
    pause: { type: "duration", default: 10_000, min: 1000, doc: "How long it waits." },
    label: { ...text, optional: true, doc: "A word for \`count\`." },
    apiToken: { ...text, optional: true, doc: "Who it is." },
    strict: { type: "boolean", default: false, doc: "Whether it is strict." },
    mode: { type: "choice", choices: ["soft", "hard"], default: "soft", doc: "How." },
    level: { type: "choice", choices: ["a", "b", "c", "d", "e"], default: "a", doc: "One of many." },
    kinds: { type: "choices", choices: ["tcp", "udp"], default: ["tcp"], doc: "Which." },
    words: { type: "strings", default: [], byHand: false, doc: "Words to look for." },
    folder: { type: "string", default: "/var/lib/own", doc: "Where it writes." },
  },
  setup({ label, words }) {
    if (label === "bad") throw new Error('option "label" is bad');
    return { decide: () => undefined, counters: () => ({ words: words.length }) };
  },
};
`;

export const CONFIG = `# Mine.
default: deny

plugins:
  # Not too many.
  - ratelimit: { rate: 50, per: 10s }   # for all
  - own:
      from: own.ts
      trusted: true
      apiToken: ${SECRET} # of the shop
      # Few.
      count: 5
  - webhook: { url: "https://hooks.example.org/${SECRET}", timeout: 3s, whenLate: deny }
`;

/** The daemon as far as this view sees it. */
export class PluginsStage implements AsyncDisposable {
  #lanes: Lanes;
  #page: Page | undefined;
  /** Why the next reload is refused. */
  refusal: string | undefined;
  counts: readonly LinkCounts[] = [];

  private constructor(
    readonly folder: string,
    readonly external: ExternalPlugins,
    lanes: Lanes,
    readonly url: () => string,
  ) {
    this.#lanes = lanes;
  }

  static async open(config = CONFIG): Promise<PluginsStage> {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/snet.yaml`;
    await Deno.writeTextFile(`${folder}/own.ts`, OWN);
    await Deno.writeTextFile(path, config);
    const external = new ExternalPlugins({ builtIn: PLUGINS, log: () => {} });
    const context = { clock: Date.now, verifiedExe: () => true, log: () => {} };
    const load = async (former?: Lanes) => {
      const { config, plugins } = await external.read(path);
      return setUpLanes(plugins, config, context, former);
    };
    const stage: PluginsStage = new PluginsStage(
      folder,
      external,
      await load(),
      () => stage.#page!.addresses[0]!,
    );
    const changes = new FileChanges({
      reload: async () => {
        if (stage.refusal !== undefined) throw new Error(stage.refusal);
        stage.#lanes = await load(stage.#lanes);
      },
      now: Date.now,
    });
    const options = new OptionDesk({
      lanes: () => stage.#lanes,
      draft: async (text) => {
        const { config, plugins } = await external.read(path, text);
        prepareLanes(plugins, config, context, stage.#lanes);
        return config;
      },
      changes,
    });
    const controlled = {
      options,
      plugins: (withValues: boolean) =>
        Promise.resolve({
          ...pluginListJson(stage.#lanes, stage.counts, withValues),
          ...(withValues && options.state()),
        }),
      observe: () => () => {},
      questions: { list: () => ({ questions: [] }), observe: () => () => {} },
    };
    // This view asks this daemon for nothing else.
    const control = controlApp(controlled as unknown as Controlled, 0);
    stage.#page = await openPage({
      config: { listen: { host: "127.0.0.1", port: 0 }, socket: undefined, names: [], tls: undefined },
      ...{ gid: undefined, control, world: worldOfSelf(), log: () => {} },
    });
    return stage;
  }

  /** A link that works once, for root. */
  link(role: SessionRole = "admin"): string {
    return this.#page!.logins.invite({ uid: 0 }, role).link;
  }

  get path(): string {
    return `${this.folder}/snet.yaml`;
  }

  get text(): string {
    return Deno.readTextFileSync(this.path);
  }

  set text(text: string) {
    Deno.writeTextFileSync(this.path, text);
  }

  /** What is in force of a plugin. */
  options(name: string): Readonly<Record<string, unknown>> {
    return this.#lanes.config.plugins.find((plugin) => plugin.name === name)!.options;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#page?.[Symbol.asyncDispose]();
    for (const { instance } of this.#lanes.links) instance.close?.();
    await this.external[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}
