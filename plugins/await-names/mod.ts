/** Holds calls for a moment, so that the resolver's word for the name of an address comes before the decision. */

import { definePlugin, type PluginInstance } from "../../core/mod.ts";
import { NameWait } from "./wait.ts";

/** Has calls to addresses without a name wait for one; never has an opinion. */
export default definePlugin({
  name: "await-names",
  doc:
    "Holds a call to an address without a known name for a moment, so that plugins behind it know the name.",
  lane: "slow",
  byNames: true,
  on: ["snet.out"],
  decides: () => [],
  options: {
    wait: {
      type: "duration",
      default: 20,
      min: 1,
      max: 5000,
      doc: "How long a call waits at most; less than `timeout`.",
    },
  },
  prepare({ wait }, { names, log }) {
    if (names === undefined) {
      log?.(
        "warning",
        'await-names: nothing is waited for: "names" in snet.yaml names no resolver that tells names',
      );
    }
    return { wait };
  },
  setup({ wait }, { names }): PluginInstance<"slow"> {
    // Without a decide it does not cut the chain: all others go on in the fast lane.
    if (names === undefined) return {};
    const later = (milliseconds: number, act: () => void) => void setTimeout(act, milliseconds);
    const waiting = new NameWait({ names, wait, later, now: () => performance.now() });
    return {
      decide: async (event, { signal }) => {
        await waiting.until(event, signal);
        return undefined;
      },
      counters: () => waiting.counts,
    };
  },
});
