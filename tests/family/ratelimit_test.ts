/** Rates of events of a family of an author's own. */

import { deepEqual } from "node:assert/strict";
import { event } from "../../core/testing.ts";
import { KeyWriter } from "../../plugins/ratelimit/key.ts";
import { door } from "./door.ts";

Deno.test("each event of a declared family is counted for itself", () => {
  const writer = new KeyWriter(["event"], 1);
  const names = [door.events.opened, door.events.unlocked, "snet.socket", door.events.opened] as const;
  const keys = names.map((name) => {
    writer.write(event({ name, ...name === "snet.socket" ? {} : { attributes: {} } }));
    return writer.key[0];
  });
  deepEqual([new Set(keys).size, keys[0]], [3, keys[3]]);
});
