/** Answers for sockets of the address families that are not asked about: they have a policy of their own. */

import { carrierOf } from "../../ffi/mod.ts";
import type { SnetEvent } from "../event.ts";
import { familyName, parseFamily } from "../events.ts";
import { definePlugin, type PluginInstance } from "../plugin.ts";
import type { Verdict } from "../verdict.ts";

/** A family as its constant is called: `AF_UNIX`. */
export function constantOf(family: number): string {
  return `AF_${familyName(family).toUpperCase()}`;
}

const MOST_FAMILIES = 64;

/** Answers every event of a family that is not among `families` (AF_x). */
export function others(policy: "allow" | "deny", families: readonly number[]): PluginInstance<"fast"> {
  const asked = new Set(families);
  // One for each family, so that nothing is allocated while a call waits.
  const verdicts = new Map<number, Verdict>();
  return {
    decide({ socket }: SnetEvent) {
      // Sockets that carry IP by another name are asked about as such.
      if (asked.has(carrierOf(socket))) return undefined;
      const known = verdicts.get(socket.family);
      if (known !== undefined) return known;
      const verdict = { action: policy, why: reason(policy, socket.family) };
      // There are fewer families than that; what else a program asks socket(2) for must not fill the memory.
      if (verdicts.size < MOST_FAMILIES) verdicts.set(socket.family, verdict);
      return verdict;
    },
  };
}

function reason(policy: "allow" | "deny", family: number): string {
  return policy === "allow"
    ? `${constantOf(family)}: not bound to what was looked at`
    : `${constantOf(family)}: denied by --others`;
}

/** The same as a plugin, which stands first in the chain of a run. */
export default definePlugin({
  name: "others",
  doc: "Answers for sockets of the address families that are not asked about.",
  options: {
    policy: { type: "string", default: "allow", doc: "What becomes of their calls: allow or deny." },
    families: { type: "strings", default: ["inet", "inet6"], doc: "The families that are asked about." },
  },
  // Woken for all that somebody else wants to know of; what is asked about is not decided by it.
  on: ["*"],
  setup: ({ policy, families }) => {
    if (policy !== "allow" && policy !== "deny") throw new Error(`policy "${policy}" is not allow or deny`);
    return others(policy, families.map(parseFamily));
  },
});
