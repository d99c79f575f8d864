/** What another text of rules would have made different of what was decided lately: both are asked again, side by side. */

import { ERRNO, errnoName } from "../../ffi/mod.ts";
import type { UserName } from "../cli/users.ts";
import type { PluginConfig } from "../config.ts";
import { eventOfMessage, messageOfJson } from "../event_json.ts";
import type { Lanes } from "../lanes.ts";
import type { PluginContext } from "../plugin.ts";
import type { Outcome } from "../replay/judge.ts";
import { RecordedClock, recordedContext } from "../replay/replay.ts";
import { type Replay, setUpReplay } from "../replay/setup.ts";
import type { SourceEvent } from "../source.ts";
import type { RulePreviewJson } from "./api.ts";
import type { Past } from "./rule_past.ts";
import { rowJson } from "./row.ts";

/** Examples that are told. */
const MOST_EXAMPLES = 50;
/** Milliseconds after which others have their turn, and after which no more decisions are looked at. */
const TURN = 8;
const LONGEST = 5_000;

export interface PreviewOptions {
  readonly lanes: Pick<Lanes, "config" | "plugins">;
  /** The plugins with the other text. */
  readonly drafted: readonly PluginConfig[];
  /** Whether the other text is that of before. */
  readonly isFormer?: boolean | undefined;
  readonly context: PluginContext;
  /** The oldest first. */
  readonly past: Iterable<Past>;
  readonly userName: UserName;
  /** A clock that is not set, in milliseconds. */
  readonly tick: () => number;
}

/**
 * Asks about each decision by what is in force and by what would be. So it is the other text alone that makes a difference,
 * and not what somebody answered, or what was configured then. Throws a ConfigError as a reload would.
 */
export async function previewRules(options: PreviewOptions): Promise<RulePreviewJson> {
  const { lanes: { config, plugins }, drafted, context, past, userName, tick } = options;
  const clock = new RecordedClock();
  const recorded = recordedContext(clock, context);
  const words = { slow: false, all: false };
  using inForce = setUpReplay(config, plugins, recorded, words);
  using other = setUpReplay({ ...config, plugins: drafted }, plugins, recorded, words);
  const [before, after] = options.isFormer ? [other, inForce] : [inForce, other];
  const changes = new Map<string, { before: string; after: string; count: number }>();
  const examples: RulePreviewJson["examples"][number][] = [];
  let [decisions, fromJournal] = [0, 0];
  let since: string | undefined;
  let until: string | undefined;
  const begun = tick();
  let turn = begun;
  for (const { number, observation, isRecorded } of past) {
    if (tick() - turn >= TURN) {
      await new Promise((resolve) => setTimeout(resolve));
      turn = tick();
    }
    if (turn - begun > LONGEST) {
      until = observation.time;
      break;
    }
    const time = Date.parse(observation.time);
    if (!observation.asked) continue;
    const event = eventOfMessage(messageOfJson(observation.event, { time: BigInt(time) * 1_000_000n }));
    if (event.isNotice) continue;
    clock.advance(time - observation.held / 1000);
    decisions++;
    if (isRecorded) fromJournal++;
    since ??= observation.time;
    const [was, would] = [await wordOf(before, event), await wordOf(after, event)];
    if (was === would) continue;
    const change = changes.getOrInsert(`${was}\n${would}`, { before: was, after: would, count: 0 });
    change.count++;
    examples.push({ row: rowJson(number, observation, userName), before: was, after: would });
    // The newest say most.
    if (examples.length > MOST_EXAMPLES) examples.shift();
  }
  return {
    decisions,
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(fromJournal > 0 && { recorded: fromJournal }),
    different: [...changes.values()].reduce((sum, { count }) => sum + count, 0),
    changes: [...changes.values()].toSorted((a, b) => b.count - a.count),
    examples: examples.toReversed(),
  };
}

async function wordOf({ judge, isHeld }: Replay, event: SourceEvent): Promise<string> {
  return isHeld(event) ? outcomeText(await judge.decide(event)) : "allow";
}

/** What the program would see; or whose answer it would wait for. */
function outcomeText(outcome: Outcome): string {
  if ("open" in outcome) return `ask ${outcome.open}`;
  const { action, errno = ERRNO.EPERM } = outcome.verdict;
  return action === "deny" ? `deny ${errnoName(errno)}` : "allow";
}
