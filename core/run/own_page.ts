/**
 * Keeps the program from the page on which its own questions are answered. It has no way to log in there; with this, it
 * cannot even try.
 */

import type { SnetEvent } from "../event.ts";
import { definePlugin } from "../plugin.ts";
import { deny } from "../verdict.ts";

const VERDICT = deny("the page on which this program's questions are answered is not for the program");

/** The plugin that stands first in the chain of a run with a page. */
export default definePlugin({
  name: "own-page",
  doc: "Keeps the program from the page on which its own questions are answered.",
  options: {
    host: { type: "string", default: "127.0.0.1", doc: "The page's address." },
    port: { type: "integer", default: 0, min: 0, max: 65_535, doc: "Its port." },
  },
  on: ["snet.out"],
  setup: ({ host, port }) => ({
    decide({ remote }: SnetEvent) {
      return remote?.port === port && remote.ip === host ? VERDICT : undefined;
    },
  }),
});
