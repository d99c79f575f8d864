/** A plugin in a process of its own, beside a line to `cat` and back: the least that another process could cost. */

import { Place, specOf } from "../sandbox/place.ts";
import { setUp } from "../sandbox/stage.ts";
import { Asker } from "./askers.ts";

const MODULE = `import { allow, definePlugin } from "snet";
export default definePlugin({
  name: "prompt",
  doc: "Allows everything.",
  lane: "slow",
  on: ["snet.connect"],
  options: {},
  setup: () => ({ decide: () => Promise.resolve(allow("all")) }),
});
`;

/** What is asked of both, and their end. */
export interface Sandboxed {
  readonly asker: Asker;
  /** One line to `cat` and back, as long as a question. */
  echo(): Promise<void>;
  close(): Promise<void>;
}

/** Starts both, the sandbox as an operator's dist/snet does where there is one. */
export async function openSandboxed(): Promise<Sandboxed> {
  const place = new Place();
  const { sandbox, instance } = await setUp(specOf({ module: place.write("plugins/prompt.ts", MODULE) }));
  const asker = new Asker(instance);
  const cat = new Deno.Command("/bin/cat", { stdin: "piped", stdout: "piped" }).spawn();
  const writer = cat.stdin.getWriter();
  const reader = cat.stdout.getReader({ mode: "byob" });
  const line = new Uint8Array(1000).fill(0x78);
  return {
    asker,
    echo: async () => {
      await writer.write(line);
      await reader.read(new Uint8Array(line.length), { min: line.length });
    },
    close: async () => {
      asker.close();
      instance.close?.();
      await sandbox.close();
      reader.releaseLock();
      await writer.close();
      await cat.stdout.cancel();
      await cat.status;
      place[Symbol.dispose]();
    },
  };
}
