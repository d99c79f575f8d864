/** Limits how many calls there may be in a time. */

import {
  ALL_EVENTS,
  definePlugin,
  EVENT_ALIASES,
  formatDuration,
  isTold,
  parseEvents,
  type SnetEvent,
  type Verdict,
} from "../../core/mod.ts";
import { Programs } from "../parts/programs.ts";
import { parseErrno } from "../parts/errno.ts";
import { Elapsed } from "./elapsed.ts";
import { KeyWriter, PARTS_OF_KEY } from "./key.ts";
import type { Limiter } from "./limiter.ts";
import { SlidingWindows } from "./sliding_window.ts";
import { TokenBuckets } from "./token_bucket.ts";

/** Of others snet is only told, so nothing can become of them; `*` stands for those of declared families too. */
const EVENTS = [...Object.keys(EVENT_ALIASES), ...ALL_EVENTS.filter((name) => !isTold(name))];

/** A day: who wants less than one call a day writes a rule. */
const LONGEST = 86_400_000;
/** With a day, so that times stay whole numbers for 3,000 years at the usual rates, for 3 at the worst ones. */
const MOST = 100_000;

/** Limits how many calls there may be in a time. */
export default definePlugin({
  name: "ratelimit",
  doc: "Limits how many calls there may be in a time, for each program, user, destination … or in all.",
  options: {
    rate: { type: "integer", min: 1, max: MOST, doc: "Calls in each `per`." },
    per: { type: "duration", default: 1000, min: 10, max: LONGEST, doc: "The time in which they may be." },
    method: {
      type: "choice",
      choices: ["token-bucket", "sliding-window"],
      default: "token-bucket",
      doc: "How they are counted: refilled steadily, or never more than `rate` in any `per`.",
    },
    burst: {
      type: "integer",
      min: 1,
      max: MOST,
      optional: true,
      doc: "Calls that may come at once (`token-bucket` only); `rate` if absent.",
    },
    by: {
      type: "choices",
      choices: PARTS_OF_KEY,
      default: ["program"],
      doc: "What has a count of its own: every combination of these; `[]` is one count for all.",
    },
    events: {
      type: "choices",
      choices: EVENTS,
      default: ["snet.out"],
      doc: "The calls that count; snet asks about them then.",
    },
    except: {
      type: "strings",
      default: [],
      byHand: false,
      doc:
        "Paths and globs, as in rules, of programs that are neither counted nor limited, where their path can be believed.",
    },
    over: {
      type: "choice",
      choices: ["deny", "allow", "ask", "pass"],
      default: "deny",
      doc: "The answer to calls above the rate; `pass` leaves them to the next plugin, `ask` to a person.",
    },
    errno: {
      type: "string",
      default: "EPERM",
      byHand: false,
      doc: "Of `over: deny`: what the program sees, by name or number.",
    },
    below: {
      type: "choice",
      choices: ["pass", "allow"],
      default: "pass",
      doc: "The answer to calls within the rate.",
    },
    keys: {
      type: "integer",
      default: 16_384,
      min: 1,
      max: 1_000_000,
      doc: "How many counts are kept at once.",
    },
  },
  // The options say which.
  on: [],
  prepare({ burst, errno, events, ...options }, context) {
    const { over, below, method, rate, per, by } = options;
    if (events.length === 0) {
      throw new Error(`no events, so that nothing would count; write some, such as snet.out`);
    }
    if (over === below) {
      throw new Error(`"over" and "below" are both ${over}, so that the rate would change nothing`);
    }
    if (burst !== undefined && method === "sliding-window") {
      throw new Error(`a sliding window has no "burst"; leave it out, or write "method: token-bucket"`);
    }
    new Programs(options.except, context);
    return {
      ...options,
      burst: burst ?? rate,
      errno: parseErrno(errno),
      events: parseEvents(events).filter((name) => !isTold(name)),
      why: `more than ${rate} in ${formatDuration(per)}${by.length === 0 ? "" : ` by ${by.join(", ")}`}`,
    };
  },
  setup(options, context) {
    const { rate, per, method, burst, by, except, keys, events, over, below, errno, why } = options;
    const [tableSeed, textSeed] = crypto.getRandomValues(new Int32Array(2));
    const writer = new KeyWriter(by, textSeed!, context.clientOf);
    const { key } = writer;
    const count = { count: rate, per };
    // Without words there is one key.
    const room = key.length === 0 ? 1 : keys;
    const limiter: Limiter = method === "token-bucket"
      ? new TokenBuckets(count, burst, room, key.length, tableSeed!)
      : new SlidingWindows(count, room, key.length, tableSeed!);
    const programs = new Programs(except, context);
    const elapsed = new Elapsed(context.clock);
    const overVerdict: Verdict | undefined = over === "pass"
      ? undefined
      : { action: over, why, ...(over === "deny" && { errno }) };
    const belowVerdict: Verdict | undefined = below === "pass"
      ? undefined
      : { action: "allow", why: "within the rate" };
    return {
      events,
      ...(over === "ask" && { asksAt: true }),
      decide(event: SnetEvent) {
        // Every call must come here to be counted: no ticket may answer for one.
        event.readVolatile();
        if (programs.has(event)) return undefined;
        writer.write(event);
        return limiter.take(key, elapsed.read()) ? belowVerdict : overVerdict;
      },
    };
  },
});
