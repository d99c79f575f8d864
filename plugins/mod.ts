/** The table of built-in plugins: what a configuration can name. */

import type { Plugin } from "../core/mod.ts";
import ask from "./ask/mod.ts";
import awaitNames from "./await-names/mod.ts";
import blocklist from "./blocklist/mod.ts";
import journal from "./journal/mod.ts";
import notify from "./notify/mod.ts";
import payload from "./payload/mod.ts";
import ratelimit from "./ratelimit/mod.ts";
import remote from "./remote/mod.ts";
import rules from "./rules/mod.ts";
import webhook from "./webhook/mod.ts";

/** Built-in plugins by the name that a configuration gives them. */
export const PLUGINS: Readonly<Record<string, Plugin>> = {
  ask,
  "await-names": awaitNames,
  blocklist,
  journal,
  notify,
  payload,
  ratelimit,
  remote,
  rules,
  webhook,
};
