import { deepEqual } from "node:assert/strict";
import { PLUGINS } from "./mod.ts";

/** The options of which a declaration says so. */
function saying(wanted: boolean): readonly string[] {
  return Object.entries(PLUGINS).flatMap(([plugin, { options }]) =>
    Object.entries(options).filter(([, { byHand }]) => byHand === wanted).map(([name]) => `${plugin}.${name}`)
  ).toSorted();
}

// Whoever adds to this says that a browser may set it: no path, no address, no command, nobody's name.
Deno.test("texts of built-in plugins that the page may change are words of events, errors, profiles, and what is looked for", () =>
  deepEqual(saying(false), [
    "ask.undecided",
    "blocklist.errno",
    "journal.events",
    "notify.events",
    "payload.errno",
    "payload.except",
    "payload.regexps",
    "payload.words",
    "ratelimit.errno",
    "ratelimit.except",
    "remote.events",
    "rules.profile",
    "webhook.events",
  ]));

Deno.test("other options that only an editor changes: as whom a command runs, where one may be heard, what is thrown away", () =>
  deepEqual(saying(true), [
    "journal.age",
    "journal.size",
    "notify.to",
    "notify.uid",
    "remote.insecure",
    "webhook.insecure",
  ]));
