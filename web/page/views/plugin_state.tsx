/** How a plugin does, in a word and in times. */

import type { PluginStats } from "../../../core/control/api.ts";
import { duration } from "../words.ts";
import { Badge } from "../parts.tsx";

export function PluginState({ stats }: { readonly stats: PluginStats | undefined }) {
  const [kind, text] = stateOf(stats);
  return <Badge kind={kind}>{text}</Badge>;
}

function stateOf(stats: PluginStats | undefined): readonly [kind: string, text: string] {
  if (stats === undefined) return ["", "observes"];
  const breaker = stats.slow?.breaker.state;
  if (breaker === "open") return ["bad", "keeps failing, not asked"];
  if (breaker === "half-open") return ["warn", "tried again"];
  if ((stats.slow?.breaker.failures ?? 0) > 0) return ["warn", "failing"];
  // What failed once is told by its counts; what fails now, where it may wait, by its breaker.
  if (stats.slow === undefined && stats.failed > 0) return ["warn", "has failed"];
  return stats.calls === 0 ? ["", "not asked yet"] : ["live", "works"];
}

/** Half of the answers within the first, 99 of 100 within the second. */
export function Times({ stats: { time } }: { readonly stats: PluginStats }) {
  if (time === undefined) return <span class="faint">–</span>;
  return (
    <span class="faint" title="Half of the answers within the first, 99 of 100 within the second">
      {duration(time.p50)} · {duration(time.p99)}
    </span>
  );
}
