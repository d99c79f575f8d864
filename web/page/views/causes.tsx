/** How calls came to their ends, by cause; what is zero is left out. */

import type { Stats } from "../../../core/control/api.ts";
import { count } from "../words.ts";

type Line = readonly [value: number, text: string, kind?: "warn"];

export function Causes({ stats }: { readonly stats: Stats | undefined }) {
  const lines = stats === undefined ? [] : [...daemonLines(stats), ...kernelLines(stats.kernel)];
  const shown = lines.filter(([value]) => value > 0);
  return (
    <section class="block">
      <h2>By cause</h2>
      <dl class="causes">
        {shown.map(([value, text, kind = ""]) => (
          <div key={text}>
            <dt>{text}</dt>
            <dd class={kind}>{count(value)}</dd>
          </div>
        ))}
      </dl>
      {stats !== undefined && shown.length === 0 && <p class="faint">Nothing was asked yet.</p>}
    </section>
  );
}

function daemonLines({ daemon }: Stats): readonly Line[] {
  const { decisions, cancelled } = daemon;
  return [
    [decisions.verdict, "decided by a plugin"],
    [decisions.default, "answered by the default: no plugin had an opinion"],
    [decisions.ask, "answered by the default: nobody could be asked", "warn"],
    [decisions.failed, "answered since a plugin failed", "warn"],
    [decisions.late, "answered since a plugin was late", "warn"],
    ...Object.entries(cancelled).map(([cause, value]): Line => [value, `ended before the answer: ${cause}`]),
    [daemon.late, "answers after the call had ended"],
    [daemon.refused, "answers that the kernel refused", "warn"],
    [daemon.malformed, "messages that could not be read", "warn"],
    [daemon.overruns, "overflows of the socket; sent again", "warn"],
    [daemon.dropped, "decisions that no observer was shown", "warn"],
  ];
}

/** Since boot; those that the daemon counts itself are not among them. */
function kernelLines(kernel: Stats["kernel"]): readonly Line[] {
  const of = (...names: string[]) => names.reduce((sum, name) => sum + (kernel[name] ?? 0), 0);
  return [
    [of("ticketAllowed"), "allowed by a ticket"],
    [of("ticketDenied"), "denied by a ticket"],
    ...ODD.map(([text, ...names]): Line => [of(...names), text, "warn"]),
  ];
}

/** What is not as it should be, and the counters of it. */
const ODD = [
  ["allowed since the kernel's delay had passed", "endsTimeoutAllowed"],
  ["denied since the kernel's delay had passed", "endsTimeoutDenied"],
  ["ended since the daemon was gone", "endsGone"],
  ["allowed while no daemon was there", "absentAllowed"],
  ["denied while no daemon was there", "absentDenied"],
  ["answered by the limit: too many were held", "limitTotal", "limitUid", "limitCgroup"],
  ["answered by the policy: no memory", "noMemory"],
  ["answered by the policy: could not wait", "unsafe"],
  ["events told of that were lost", "notifyLost"],
] as const;
