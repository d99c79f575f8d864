/** Who is asked about the calls of a run: other families, the rules, and then a person, or the one who learns. */

import { INTERCEPTED_EVENTS } from "../../ffi/mod.ts";
import type { Config, PluginTable } from "../config.ts";
import type { EventName, ProtocolEventName } from "../event.ts";
import { isTold } from "../subsystem.ts";
import { type Lanes, setUpLanes } from "../lanes.ts";
import type { Link } from "../link.ts";
import type { ListenAddress } from "../listen.ts";
import type { Asking, PluginContext } from "../plugin.ts";
import { prepare, type PreparedConfig, setUp } from "../setup.ts";
import { terminalAsker } from "./ask.ts";
import { answerDraft } from "../rule_file/draft.ts";
import { Learner } from "./learn.ts";
import { asksByDefault, OTHERS, OWN_PAGE, runConfig, type RunOptions } from "./options.ts";
import others from "./others.ts";
import ownPage from "./own_page.ts";
import { procfs } from "../questions/processes.ts";
import type { SavedAnswer } from "../questions/question.ts";
import { type RulePlace, saveRule } from "../rule_file/save.ts";
import { hasTerminal } from "./tty.ts";

/** Who is asked about what. */
export interface RunChain {
  readonly prepared: PreparedConfig;
  readonly config: Config;
  /** The declarations of its plugins, and of others. */
  readonly plugins: PluginTable;
  /** The fast lane's links, set up for the names of their rules. */
  readonly links: readonly Link[];
  readonly slow: readonly Link[];
  /** What the filter is to hold: what is wanted of that which it can hold. */
  readonly events: readonly ProtocolEventName[];
  readonly learner: Learner | undefined;
}

/**
 * Makes the chain of a run; people are asked at `page`, where there is one, else at the terminal.
 *
 * Throws a ConfigError where rules are wrong. `say` gets a line where nobody can be asked who should be.
 */
export function runChain(
  options: RunOptions,
  builtIn: PluginTable,
  context: PluginContext,
  say: (text: string) => void,
  page?: ListenAddress,
): RunChain {
  const plugins: PluginTable = { ...builtIn, [OTHERS]: others, [OWN_PAGE]: ownPage };
  const learner = options.learn === undefined ? undefined : new Learner(context.verifiedExe);
  const fallback = learner !== undefined || options.default === "allow" ? "allow" : "deny";
  const config = runConfig(options, fallback, plugins, page);
  const lanes: RunLanes = page === undefined
    ? setUpFast(plugins, config, context)
    : withoutSlow(setUpLanes(plugins, config, {
      ...{ ...context, processes: procfs, isRun: true },
      placeOf: (asked) => placeOf(asked, config, lanes.links),
    }));
  const { fast: prepared, links, slow: people } = lanes;
  // The one for other families answers whatever is held, and wants nothing held itself.
  const named = links.filter(({ name }) => name !== OTHERS).flatMap(({ events }) => events);
  const wanted = new Set([...config.events, ...named]);
  const events = INTERCEPTED_EVENTS.filter((name) => wanted.has(name));
  const held: readonly EventName[] = events;
  // Only what could be decided is missed.
  const missing = [...wanted].filter((name) => !held.includes(name) && !isTold(name));
  if (missing.length > 0 && !options.quiet) {
    say(`the rules name ${missing.join(", ")}, which 'snet run' does not hold`);
  }
  const slow = learner !== undefined
    ? [{ name: "learn", events, instance: learner.instance }]
    : page !== undefined
    ? people
    : asker(options, config, events, links, say);
  return { prepared, config, plugins, links, slow, events, learner };
}

type RunLanes = Pick<Lanes, "fast" | "links" | "slow">;

function setUpFast(plugins: PluginTable, config: Config, context: PluginContext): RunLanes {
  const fast = prepare(plugins, config, context);
  return { fast, links: setUp(plugins, fast.plugins, context), slow: [] };
}

function withoutSlow({ fast, links, slow }: Lanes): RunLanes {
  return { fast, links: links.filter((link) => !slow.includes(link)), slow };
}

/** The person at the terminal, if there is one and somebody may want to ask. */
function asker(
  options: RunOptions,
  config: Config,
  events: readonly EventName[],
  links: readonly Link[],
  say: (text: string) => void,
): Link[] {
  const hasRules = config.plugins.some(({ name }) => name !== OTHERS);
  const isDefault = asksByDefault(options);
  if (!isDefault && !hasRules) return [];
  if (!hasTerminal()) {
    const asking = links.find(({ instance }) => instance.asksAt !== undefined)?.instance.asksAt;
    if (isDefault) {
      say("there is no terminal to ask at: what no rule decides is denied (--web asks in a browser)");
    } else if (asking !== undefined) {
      const answer = config.default === "allow" ? "allowed" : "denied";
      say(`there is no terminal to ask at: what rules want to ask about (${asking}) is ${answer}`);
    }
    return [];
  }
  const { delay, save } = options;
  const saving = save === undefined ? {} : {
    savedIn: save,
    save: (answer: SavedAnswer, asked: Asking["asked"]) =>
      saveRule(save, answerDraft(answer), placeOf(asked, config, links)).then(() => undefined),
  };
  const instance = terminalAsker({ delay, fallback: config.default, ...saving });
  return [{ name: "ask", events, instance, asks: true, onlyAsked: !isDefault }];
}

/** Where the rule stands that wanted the question: an answer belongs in front of it. */
function placeOf(asked: Asking["asked"], config: Config, links: readonly Link[]): RulePlace | undefined {
  if (asked?.rule === undefined) return undefined;
  const index = links.findIndex(({ name }) => name === asked.plugin);
  const where = links[index]?.instance.rules?.at(asked.rule)?.where;
  if (where === undefined) return undefined;
  const files = config.plugins[index]?.options["files"] as readonly { path: string; text: string }[];
  const file = files.find(({ path }) => where.startsWith(`${path}:`));
  return file === undefined ? undefined : { where, text: file.text };
}
