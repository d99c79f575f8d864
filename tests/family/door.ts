/** A family of an author's own, and a plugin for it, as they would stand in a file of the author's. */

import { defineSubsystem } from "snet";

/** Doors of a building. */
export const door = defineSubsystem({
  name: "door",
  doc: "Doors of a building.",
  events: {
    opened: { doc: "Somebody opens a door.", wish: "open" },
    unlocked: { doc: "Somebody unlocks a door.", wish: "unlock" },
    locked: { doc: "A door has locked itself.", told: true },
  },
  aliases: { any: { doc: "Whatever somebody does to a door.", events: ["opened", "unlocked"] } },
  attributes: {
    door: { type: "string", doc: "Which door.", shown: true },
    badge: { type: "integer", doc: "Number of the badge.", shown: "badge", events: ["opened", "unlocked"] },
    serial: { type: "u64", doc: "Serial number of the lock.", rule: "lock" },
    forced: { type: "boolean", doc: "Whether it was forced open.", events: ["opened"] },
    reader: { type: "address", doc: "The machine that read the badge." },
    way: { type: "choice", words: ["in", "out"], doc: "Where to.", shown: true },
    signs: { type: "flags", words: ["dark", "rain"], doc: "What else was seen." },
    camera: { type: "path", doc: "The camera's device." },
    photo: { type: "bytes", doc: "Beginning of the picture." },
  },
});
