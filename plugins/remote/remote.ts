/** Asks the server about each event; while it is away, its policy. */

import {
  allow,
  type Asking,
  bootMilliseconds,
  deny,
  eventJson,
  formatDuration,
  type Log,
  noteOperands,
  type PluginContext,
  type Policy,
  printable,
  readPolicy,
  type RemoteAnswer,
  SERVE_LIMITS,
  SERVE_PATHS,
  SERVE_VERSION,
  type SnetEvent,
  type Verdict,
  type Verified,
} from "../../core/mod.ts";
import { Line, type LineOptions, OfflineError, type WireLike } from "./line.ts";
import { type Accounts, LocalPolicy, type PolicyFile } from "./policy.ts";

export interface RemoteParts
  extends Pick<LineOptions, "client" | "concurrency" | "attemptTimeout" | "sleep"> {
  readonly wire: WireLike & { readonly requests: number; close(): void };
  /** Where the policy is kept; undefined where it is not. */
  readonly file: PolicyFile | undefined;
  /** Milliseconds after which a policy that the server has not confirmed is not used any more. */
  readonly policyAge: number;
  readonly accounts: Accounts;
  readonly context: PluginContext;
  readonly log: Log;
  readonly now?: () => number;
  /** The clock by which a policy ages besides: nobody sets it, and it goes on while the machine sleeps. Milliseconds. */
  readonly lasting?: () => number;
  readonly random?: () => number;
}

/** The file says how old its policy is as exactly as this part of the age that it may reach, and an hour at most. */
const SAVED_PART = 10;
const HOUR = 3_600_000;
/** Milliseconds between two tries to fetch a policy. */
const FETCH_PAUSE = 10_000;

export class Remote {
  readonly #parts: RemoteParts;
  readonly #now: () => number;
  readonly #lasting: () => number;
  readonly #line: Line;
  readonly #end = new AbortController();
  readonly #counts = { passed: 0, refused: 0, byPolicy: 0, undecided: 0, expired: 0 };
  #policy: LocalPolicy | undefined;
  /** When the server last said that the policy holds, and what of that is in the file. */
  #confirmed = 0;
  #saved = 0;
  /** When that was, or when it was read in the file, by a clock that nobody sets. */
  #since = 0;
  /** The policy that is being fetched, or that cannot be used. */
  #fetching: string | undefined;
  #unusable: string | undefined;
  /** Not before then it is fetched again that has not come. */
  #fetchAt = -Infinity;

  constructor(parts: RemoteParts) {
    this.#parts = parts;
    this.#now = parts.now ?? (() => performance.now());
    this.#lasting = parts.lasting ?? bootMilliseconds;
    this.#readFile();
    const { client, concurrency, attemptTimeout, sleep, random, wire } = parts;
    this.#line = new Line(wire, {
      ...{ client, concurrency, attemptTimeout, sleep },
      ...(random !== undefined && { random }),
      onPolicy: (policy) => this.#hearOfPolicy(policy),
      onOnline: () => parts.log("info", `${wire.name} is there and decides`),
      onOffline: (why) => this.#wentOffline(why),
    });
  }

  async decide(event: SnetEvent, { signal, deadline, asked }: Asking): Promise<Verdict | undefined> {
    const { verified, isDoubtful } = this.#verify(event);
    const copy = event.copy();
    let answer: RemoteAnswer;
    try {
      answer = await this.#line.ask({
        timeLeft: Math.max(0, Math.floor(deadline - this.#now())),
        ...(asked !== undefined && { asked: { plugin: asked.plugin, why: asked.why.slice(0, 1000) } }),
        event: eventJson(copy),
        verified,
      }, signal);
    } catch (error) {
      // That the server was away is no property of the call: no ticket may hold what comes of it.
      event.readVolatile();
      if (error instanceof OfflineError) return this.#byPolicy(event, error, asked !== undefined);
      throw error;
    }
    if ("refused" in answer) {
      event.readVolatile();
      this.#counts.refused++;
      throw new Error(`${this.#parts.wire.name} does not decide about it: ${printable(answer.refused)}`);
    }
    noteOperands(event, answer.key);
    if (isDoubtful && answer.key.includes("exe")) event.readVolatile();
    return this.#verdictOf(answer);
  }

  counters(): Readonly<Record<string, number>> {
    const { passed, refused, byPolicy, undecided, expired } = this.#counts;
    const age = this.#policy === undefined ? 0 : this.#age();
    return {
      online: this.#line.state === "online" ? 1 : 0,
      messages: this.#parts.wire.requests,
      waiting: this.#line.waiting,
      passed,
      refused,
      "times offline": this.#line.counts.offline,
      "by policy": byPolicy,
      "policy undecided": undecided,
      "policy expired": expired,
      "policy rules": this.#policy?.length ?? 0,
      "policy age (s)": Math.floor(age / 1000),
      strange: this.#line.counts.strange,
    };
  }

  close(): void {
    this.#end.abort();
    this.#line.close();
    this.#parts.wire.close();
  }

  #verdictOf(answer: Exclude<RemoteAnswer, { readonly refused: string }>): Verdict | undefined {
    const { action, why, errno, remember, scope } = answer;
    if (action === "pass") {
      this.#counts.passed++;
      return undefined;
    }
    const options = {
      ...(errno !== undefined && { errno }),
      ...(remember !== undefined && { remember }),
      ...(scope !== undefined && { scope }),
    };
    return action === "allow" ? allow(why, options) : deny(why, options);
  }

  /** What the server cannot tell of this machine's event; `isDoubtful` where it may be told otherwise a moment later. */
  #verify(event: SnetEvent): { readonly verified: Verified; readonly isDoubtful: boolean } {
    const { verifiedExe, cgroupPath, netns } = this.#parts.context;
    // The server's answer says what of it counts; looking it up here is no reading of the event.
    const copy = event.copy();
    let isDoubtful = false;
    const exe = verifiedExe({ ...copy, readVolatile: () => void (isDoubtful = true) });
    const cgroup = cgroupPath?.(copy);
    return {
      verified: { exe, ...(cgroup !== undefined && { cgroup }), hostNet: copy.task.netns === netns },
      isDoubtful,
    };
  }

  #byPolicy(event: SnetEvent, offline: OfflineError, isAsked: boolean): Verdict {
    const why = this.#policyVerdict(event, isAsked);
    if (typeof why !== "string") {
      this.#counts.byPolicy++;
      return why;
    }
    throw new Error(`${offline.message}; ${why}`);
  }

  /** The policy's verdict, or why it has none. */
  #policyVerdict(event: SnetEvent, isAsked: boolean): Verdict | string {
    const policy = this.#policy;
    if (policy === undefined) return "no policy of it is known here";
    const { policyAge } = this.#parts;
    const age = this.#age();
    if (age > policyAge) {
      this.#counts.expired++;
      return `its policy is ${formatDuration(Math.floor(age / 1000) * 1000)} old, ${
        formatDuration(policyAge)
      } are allowed`;
    }
    // Somebody has said that a person is to be asked; rules are none.
    const verdict = isAsked ? undefined : policy.decide(event);
    if (verdict !== undefined && verdict.action !== "ask") {
      // A ticket would outlive the server's absence.
      const { remember: _, scope: __, rule: ___, ...rest } = verdict;
      return { ...rest, why: `${verdict.why} (policy of ${this.#parts.wire.name}, which is away)` };
    }
    this.#counts.undecided++;
    if (isAsked || verdict !== undefined) return "nobody there can be asked";
    return "its policy has no rule for this";
  }

  /** Milliseconds since it was confirmed, at least. A clock that is set back makes no policy young. */
  #age(): number {
    const byWallClock = Math.abs(this.#parts.context.clock() - this.#confirmed);
    return Math.max(byWallClock, this.#lasting() - this.#since);
  }

  #confirm(): void {
    this.#confirmed = this.#parts.context.clock();
    this.#since = this.#lasting();
  }

  #readFile(): void {
    const { file, accounts, context, log } = this.#parts;
    try {
      const kept = file?.read();
      if (kept === undefined) return;
      this.#policy = new LocalPolicy(kept.policy, accounts, context);
      this.#confirmed = this.#saved = kept.confirmed;
      this.#since = this.#lasting();
    } catch (error) {
      log("warning", `The kept policy is not used: ${firstLine(error)}`);
    }
  }

  #hearOfPolicy(policy: string | undefined): void {
    const { file, log, policyAge } = this.#parts;
    if (policy === this.#policy?.policy.policy) {
      this.#confirm();
      const isDue = Math.abs(this.#confirmed - this.#saved) > Math.min(HOUR, policyAge / SAVED_PART);
      if (policy !== undefined && isDue) this.#save();
      return;
    }
    if (policy === undefined) {
      this.#policy = undefined;
      file?.remove();
      log("info", `${this.#parts.wire.name} has no policy any more`);
      return;
    }
    if (policy === this.#fetching || policy === this.#unusable || this.#now() < this.#fetchAt) return;
    this.#fetching = policy;
    void this.#fetch(policy).finally(() => this.#fetching = undefined);
  }

  async #fetch(policy: string): Promise<void> {
    const { wire, client, attemptTimeout, accounts, context, log } = this.#parts;
    let fetched: Policy;
    try {
      fetched = await wire.send<Policy>({
        path: SERVE_PATHS.policy,
        message: { version: SERVE_VERSION, type: "snet.policy.get", client },
        read: readPolicy,
        // It may be long.
        timeout: 10 * attemptTimeout,
        most: SERVE_LIMITS.policy,
        signal: this.#end.signal,
      });
    } catch (error) {
      // A later turn tells of it again.
      this.#fetchAt = this.#now() + FETCH_PAUSE;
      if (!this.#end.signal.aborted) log("warning", `The policy has not come: ${firstLine(error)}`);
      return;
    }
    try {
      this.#policy = new LocalPolicy(fetched, accounts, context);
    } catch (error) {
      this.#unusable = policy;
      log("error", `The policy of ${wire.name} is not used, the former one stays: ${firstLine(error)}`);
      return;
    }
    this.#confirm();
    this.#save();
    log("info", `The policy of ${wire.name} has ${this.#policy.length} rules`);
  }

  #save(): void {
    const { file } = this.#parts;
    this.#saved = this.#confirmed;
    file?.write({ policy: this.#policy!.policy, confirmed: this.#confirmed });
  }

  #wentOffline(why: string): void {
    const policy = this.#policy;
    if (policy !== undefined && this.#confirmed !== this.#saved) this.#save();
    const who = policy === undefined ? "whenFailed answers" : `its policy decides (${policy.length} rules)`;
    this.#parts.log("warning", `${why}; until it can be, ${who}`);
  }
}

/** Of an error with a line for each mistake, the first. */
function firstLine(error: unknown): string {
  const [first = "", ...others] = (error instanceof Error ? error.message : String(error)).split("\n");
  return others.length === 0 ? printable(first) : `${printable(first)} (and ${others.length} more)`;
}
