/** What the fast lane's chain takes over one call, by how many plugins are asked, beside calling them one after the other. */

import { Chain } from "../../core/chain.ts";
import { messageOf } from "../../core/event_message.ts";
import type { PluginInstance, SnetEvent } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { EventMessage } from "../../ffi/mod.ts";

const CALLS = 100_000;
/** Programs at work at once. */
const PROGRAMS = 100;

/** Nanoseconds a call, from the bytes of its message on. */
export interface ChainTimes {
  /** By the chain, and the same plugins without it. */
  readonly chain: number;
  readonly bare: number;
}

/** A plugin that looks at the call and has no opinion: the next one is asked. */
function silent(index: number): PluginInstance<"fast"> {
  return {
    decide: ({ remote, task }: SnetEvent) => remote?.port === index && task.uid === 0 ? never() : undefined,
  };
}

function never(): never {
  throw new Error("no call of the benchmark is from root");
}

/** One round with so many plugins, of which none decides: the longest way. */
export function measureChain(plugins: number): ChainTimes {
  const instances = Array.from({ length: plugins }, (_, index) => silent(index));
  const links = instances.map((instance, index) => {
    return { name: `plugin ${index}`, events: ["snet.connect"] as const, instance };
  });
  const chain = new Chain(links, "deny");
  const views = Array.from({ length: PROGRAMS }, (_, index) => {
    const message = messageOf(
      event({ task: { pid: index }, remote: { ip: "192.0.2.1", port: 1000 + index } }),
    );
    return new DataView(message.buffer, message.byteOffset, message.byteLength);
  });
  const decides = instances.map(({ decide }) => decide!);
  const bare = (event: EventMessage) => {
    for (let index = 0; index < decides.length; index++) decides[index]!(event);
  };
  return { bare: measure(views, bare), chain: measure(views, (event) => chain.decide(event)) };
}

function measure(views: readonly DataView[], decide: (event: EventMessage) => void): number {
  const message = new EventMessage();
  const start = performance.now();
  for (let call = 0; call < CALLS; call++) {
    const view = views[call % PROGRAMS]!;
    if (!message.reset(view, 0, view.byteLength)) throw new Error("a message of the benchmark is malformed");
    decide(message);
  }
  return (performance.now() - start) * 1e6 / CALLS;
}
