/** Lists of hosts, domains and networks as a plugin: denies what is on them, or allows it. */

import { ConfigError, definePlugin, parseEvents, type Verdict } from "../../core/mod.ts";
import { parseErrno } from "../parts/errno.ts";
import { Blocklist } from "./decide.ts";
import { readLists } from "./lists.ts";

/** Decides by lists of addresses, networks and domains. */
export default definePlugin({
  name: "blocklist",
  doc: "Denies, or allows, what is on lists of addresses, networks and domains.",
  options: {
    files: {
      type: "files",
      doc: "The lists, in any of the formats below; globs are allowed.",
    },
    action: {
      type: "choice",
      choices: ["deny", "allow"],
      default: "deny",
      doc: "What becomes of a call whose remote end is listed; about others the next plugin is asked.",
    },
    errno: {
      type: "string",
      default: "EPERM",
      byHand: false,
      doc: "Of `deny`: what the program sees, by name or number.",
    },
    incoming: {
      type: "boolean",
      default: false,
      doc: "Look at the peer of accepted connections too (`snet.post_accept`).",
    },
    subdomains: {
      type: "boolean",
      default: true,
      doc: "A domain that stands alone in its line stands for the names below it, too.",
    },
    remember: {
      type: "duration",
      optional: true,
      min: 1,
      doc:
        "How long the kernel repeats the answer by itself, for the same process and address; a reload drops it. No ticket if absent.",
    },
  },
  byNames: true,
  // The instance adds snet.post_accept where `incoming` asks for it.
  on: ["snet.out"],
  prepare({ files, action, errno, incoming, subdomains, remember }, context) {
    const lists = readLists(files, { subdomains });
    if (lists.errors.length > 0) throw new ConfigError(lists.errors);
    for (const warning of lists.warnings) context.log?.("warning", warning);
    const hasNames = context.names !== undefined;
    if (lists.domainEntries > 0 && !hasNames) context.log?.("warning", withoutNames(lists.domainEntries));
    const number = parseErrno(errno);
    const options = {
      ...(action === "deny" && { errno: number }),
      ...(remember !== undefined && { remember }),
    };
    return {
      events: parseEvents(incoming ? ["snet.out", "snet.post_accept"] : ["snet.out"]),
      paths: files.map(({ path }) => path),
      action,
      networks: lists.networks,
      // What cannot match takes no memory.
      domains: lists.domainEntries > 0 && hasNames ? lists.domains : undefined,
      verdicts: files.map(({ path }, rule): Verdict => ({
        ...options,
        action,
        why: `${path} lists it`,
        rule,
      })),
    };
  },
  setup({ events, paths, ...data }, context) {
    const blocklist = new Blocklist(data, context);
    return {
      events,
      decide: (event) => blocklist.decide(event),
      rules: paths.map((path) => ({ name: path.replace(/.*\//, ""), where: `${path}:1:1` })),
    };
  },
});

function withoutNames(entries: number): string {
  return `blocklist: ${entries} domain entries cannot match: nothing tells snet the names behind addresses, ` +
    `and it does not guess them; "names" in snet.yaml says which resolver may tell them`;
}
