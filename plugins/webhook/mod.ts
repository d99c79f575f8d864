/** Asks a server for verdicts, or tells it of decisions. */

import { hostname } from "node:os";
import { decisionJson, definePlugin, type PluginContext, type PluginInstance } from "../../core/mod.ts";
import { isTold, parseEventOption, TOLD_OPTIONS, type ToldOptions } from "../parts/told.ts";
import { Asker } from "./asker.ts";
import { Courier } from "./courier.ts";
import { DEFAULT_PARTS } from "./parts.ts";
import { Poster } from "./poster.ts";
import { MemoryQueue } from "./queue.ts";
import { parseEndpoint, parseShow } from "./settings.ts";
import { Spool } from "./spool.ts";

/** Bytes. */
const MIB = 1024 * 1024;

/** Posts events as JSON to a server, which answers with a verdict or is only told. */
export default definePlugin({
  name: "webhook",
  doc: "Asks a server for verdicts over HTTP, or tells it of decisions.",
  lane: "slow",
  on: ["snet.out", "snet.in"],
  decides: ({ mode, events }) => mode === "verdict" ? events : [],
  options: {
    url: { type: "string", doc: "Where to post: https, or http on this machine." },
    socket: {
      type: "string",
      optional: true,
      doc: "Unix socket of the server; `url` then only says host and path: `http://localhost/snet`.",
    },
    mode: {
      type: "choice",
      choices: ["verdict", "notify"],
      default: "verdict",
      doc: "`verdict`: the server decides. `notify`: it is told what was decided.",
    },
    events: { type: "strings", default: ["snet.out", "snet.in"], byHand: false, doc: "What is posted." },
    show: {
      type: "strings",
      default: DEFAULT_PARTS,
      doc:
        "Of `verdict`: what the server sees of an event; `cookie`, `payload` and `cmdline` can be shown too.",
    },
    secret: {
      type: "files",
      optional: true,
      doc:
        "Secrets that requests are signed with, one in each file; with two of them, either is good (to replace one).",
    },
    token: { type: "files", optional: true, doc: "A file with a token, sent as `Authorization: Bearer`." },
    ca: {
      type: "files",
      optional: true,
      doc: "Certificates (PEM) of authorities to trust besides the usual.",
    },
    certificate: {
      type: "files",
      optional: true,
      doc: "The daemon's own certificate (PEM, with its chain), for servers that ask for one.",
    },
    key: { type: "files", optional: true, doc: "The key (PEM) of `certificate`." },
    http: {
      type: "choice",
      choices: ["auto", "1.1", "2"],
      default: "auto",
      doc: "The version of HTTP; without TLS, `auto` is 1.1.",
    },
    insecure: {
      type: "boolean",
      default: false,
      byHand: true,
      doc: "Allows http to other machines, where anybody on the way can read, and answer.",
    },
    concurrency: {
      type: "integer",
      default: 32,
      min: 1,
      max: 1024,
      doc: "Of `verdict`: questions at the server at once.",
    },
    queue: {
      type: "integer",
      default: 1000,
      min: 0,
      max: 100_000,
      doc: "Of `verdict`: questions that wait for their turn.",
    },
    whenFull: {
      type: "choice",
      choices: ["fail", "pass"],
      default: "fail",
      doc:
        "Of `verdict`: what becomes of a question for which there is no room: `whenFailed` answers, or the next plugin is asked.",
    },
    retries: {
      type: "integer",
      default: 2,
      min: 0,
      max: 10,
      doc: "Of `verdict`: attempts after the first.",
    },
    ...TOLD_OPTIONS,
    batch: {
      type: "integer",
      default: 100,
      min: 1,
      max: 10_000,
      doc: "Of `notify`: most decisions in one request, which is 1 MiB long at most.",
    },
    delay: {
      type: "duration",
      default: 1000,
      min: 0,
      max: 60_000,
      doc: "Of `notify`: how long a decision waits for others.",
    },
    attemptTimeout: {
      type: "duration",
      default: 10_000,
      min: 100,
      max: 300_000,
      doc: "Of `notify`: how long one request may take.",
    },
    spool: {
      type: "string",
      optional: true,
      doc:
        "Of `notify`: folder that keeps decisions on the disk until the server has them; without it, 10,000 are kept in memory.",
    },
    spoolSize: {
      type: "integer",
      default: 64,
      min: 1,
      max: 65_536,
      doc: "Of `notify`: MiB that the spool holds at most; the oldest decisions are dropped.",
    },
    sync: {
      type: "duration",
      default: 1000,
      min: 10,
      max: 60_000,
      doc:
        "Of `notify`: within which decisions in the spool outlive a loss of power; a killed daemon loses none.",
    },
  },
  prepare(options) {
    const { show, events, spool, mode, ...others } = options;
    if (spool !== undefined && mode !== "notify") {
      throw new Error(`option "spool" is for mode "notify": a question cannot wait on the disk`);
    }
    if (spool !== undefined && !spool.startsWith("/")) {
      throw new Error(`spool "${spool}" is no absolute path, such as /var/lib/snet/webhook`);
    }
    return {
      ...others,
      mode,
      spool,
      endpoint: parseEndpoint(options),
      events: parseEventOption(events),
      show: parseShow(show),
    };
  },
  setup(options, context): PluginInstance<"slow"> {
    const { events } = options;
    return options.mode === "verdict"
      ? { ...bound(setUpAsker(options, context)), events }
      : { ...setUpCourier(options, context), events };
  },
});

interface Prepared extends ToldOptions {
  readonly endpoint: ReturnType<typeof parseEndpoint>;
  readonly show: ReturnType<typeof parseShow>;
  readonly concurrency: number;
  readonly queue: number;
  readonly whenFull: "fail" | "pass";
  readonly retries: number;
  readonly batch: number;
  readonly delay: number;
  readonly attemptTimeout: number;
  readonly spool: string | undefined;
  readonly spoolSize: number;
  readonly sync: number;
}

function setUpAsker(options: Prepared, { clock }: PluginContext): Asker {
  const { endpoint, concurrency } = options;
  return new Asker(new Poster(endpoint, concurrency, { clock }), { ...options, clock, host: hostname() });
}

function bound(asker: Asker): PluginInstance<"slow"> {
  return {
    decide: (event, asking) => asker.decide(event, asking),
    counters: () => asker.counters(),
    close: () => asker.close(),
  };
}

/** Decisions kept in memory where there is no spool. */
const MEMORY_LIMIT = 10_000;
/** Bytes of a notification. */
const BATCH_BYTES = MIB;

function setUpCourier(options: Prepared, { clock, log = () => {} }: PluginContext): PluginInstance<"slow"> {
  const { endpoint, spool, spoolSize, sync } = options;
  const say: typeof log = (level, message) => log(level, `Plugin "webhook": ${message}`);
  const open = () =>
    spool === undefined
      ? new MemoryQueue(MEMORY_LIMIT)
      : Spool.open(spool, { limit: spoolSize * MIB, sync, log: say });
  const courier = new Courier(open, new Poster(endpoint, 1, { clock }), {
    ...options,
    ...{ clock, log: say, host: hostname(), batchBytes: BATCH_BYTES },
  });
  return {
    observe(event, decision, occasion) {
      if (!isTold(options, decision)) return;
      courier.tell(JSON.stringify({ id: crypto.randomUUID(), ...decisionJson(event, decision, occasion) }));
    },
    counters: () => courier.counters(),
    close: () => courier.close(),
  };
}
