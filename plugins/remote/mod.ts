/** Has another machine decide: a server, `snet serve`. */

import { definePlugin, type PluginContext, type PluginInstance } from "../../core/mod.ts";
import { sleep } from "../parts/http.ts";
import { parseEventOption } from "../parts/told.ts";
import { PolicyFile } from "./policy.ts";
import { Remote } from "./remote.ts";
import { parsePolicyPath, parseServer } from "./settings.ts";
import { Wire } from "./wire.ts";

const DAY = 86_400_000;

/** Asks a server of snet's own kind, and its policy while it is away. */
export default definePlugin({
  name: "remote",
  doc: "Has another machine decide (snet serve), or its last policy while it cannot be reached.",
  lane: "slow",
  asks: true,
  on: ["snet.out", "snet.in"],
  decides: ({ events }) => events,
  options: {
    url: { type: "string", doc: "Where the server is: https, or http on this machine." },
    socket: {
      type: "string",
      optional: true,
      doc: "Unix socket of a server on this machine; `url` is http://localhost then.",
    },
    client: { type: "string", doc: "The name under which the server knows this machine." },
    secret: {
      type: "files",
      doc: "The secret that both sides sign with; with two of them, either is good.",
    },
    ca: {
      type: "files",
      optional: true,
      doc: "Certificates (PEM) of authorities to trust besides the usual.",
    },
    insecure: {
      type: "boolean",
      default: false,
      byHand: true,
      doc: "Allows http to other machines, where anybody on the way can read.",
    },
    events: {
      type: "strings",
      default: ["snet.out", "snet.in"],
      byHand: false,
      doc: "The events to ask about.",
    },
    people: {
      type: "boolean",
      default: true,
      doc: "Whether the server can ask people, so that it is asked where a rule before says `ask`.",
    },
    concurrency: {
      type: "integer",
      default: 4,
      min: 1,
      max: 32,
      doc: "Messages with questions under way at once; each holds up to 64 questions.",
    },
    attemptTimeout: {
      type: "duration",
      default: 3000,
      min: 100,
      max: 300_000,
      doc: "In which the server must reply, if only that it will; past that it is away.",
    },
    policy: {
      type: "string",
      optional: true,
      doc: "File that keeps the server's policy over a restart; in memory if absent.",
    },
    policyAge: {
      type: "duration",
      default: 7 * DAY,
      min: 1000,
      max: 3650 * DAY,
      doc: "How long the policy is used after the server last confirmed it.",
    },
    passwd: {
      type: "files",
      default: ["/etc/passwd"],
      doc: "Where the policy's users have their ids, passwd(5).",
    },
    group: {
      type: "files",
      default: ["/etc/group"],
      doc: "Where the policy's groups have their ids, group(5).",
    },
  },
  prepare(options) {
    const { events, policy, people, concurrency, attemptTimeout, policyAge, passwd, group } = options;
    return {
      server: parseServer(options),
      events: parseEventOption(events),
      policy: parsePolicyPath(policy),
      ...{ people, concurrency, attemptTimeout, policyAge, accounts: { passwd, group } },
    };
  },
  setup({ server, events, policy, people, ...options }, context: PluginContext): PluginInstance<"slow"> {
    const { clock, log = () => {} } = context;
    const say: typeof log = (level, message) => log(level, `Plugin "remote": ${message}`);
    const { client } = server;
    const wire = new Wire(server, {
      clock,
      after: (milliseconds, task) => {
        const id = setTimeout(task, milliseconds);
        return () => clearTimeout(id);
      },
      onSkew: (seconds) =>
        say("warning", `The clock of ${wire.name} is ${seconds} s from this one's; the server's counts`),
    });
    const file = policy === undefined
      ? undefined
      : new PolicyFile(policy, wire.name, client, (message) =>
        say("error", `Cannot keep the policy: ${message}`));
    const remote = new Remote({ ...options, client, wire, file, context, sleep, log: say });
    return {
      events,
      asks: people,
      failsFast: true,
      decide: (event, asking) => remote.decide(event, asking),
      counters: () => remote.counters(),
      close: () => remote.close(),
    };
  },
});
