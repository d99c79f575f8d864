/** The plugin API: a plugin is data (name, events, options) and a `setup` that returns what it does. */

import type { EventName, EventWord, SnetEvent } from "./event.ts";
import type { Log } from "./log.ts";
import type { QuestionDesk } from "./questions/desk.ts";
import type { Processes } from "./questions/processes.ts";
import type { RulePlace } from "./rule_file/save.ts";
import type { Verdict } from "./verdict.ts";

/** Where a plugin may run: `fast` answers at once in the reactor; `slow` may wait, on the main thread. */
export type Lane = "fast" | "slow";

/** One option, as data: it types `setup`, checks the configuration and writes the docs. */
export type OptionSpec =
  & {
    readonly doc: string;
    /** True if it may be left out without having a default: its value is undefined then. */
    readonly optional?: boolean;
    /** True if its value may be a secret, or hold one: nobody is shown it. */
    readonly secret?: boolean;
    /**
     * True if it is only changed in snet.yaml, and not at the page. If absent: true of texts where the plugin runs in the daemon's
     * own process, since they may be paths, addresses or commands, and false of all else. It is always true of files.
     */
    readonly byHand?: boolean;
  }
  & (
    | { readonly type: "integer"; readonly default?: number; readonly min?: number; readonly max?: number }
    /** Written as `500ms`, `5s`, `10m`; milliseconds in `setup`, in `default` and in the limits. */
    | { readonly type: "duration"; readonly default?: number; readonly min?: number; readonly max?: number }
    | { readonly type: "string"; readonly default?: string }
    | { readonly type: "boolean"; readonly default?: boolean }
    /** One of a few words. */
    | { readonly type: "choice"; readonly choices: readonly string[]; readonly default?: string }
    /** Several of a few words. */
    | { readonly type: "choices"; readonly choices: readonly string[]; readonly default?: readonly string[] }
    | { readonly type: "strings"; readonly default?: readonly string[] }
    /** Files that the daemon reads (globs allowed) and hands over as texts, so that no plugin touches the disk. */
    | { readonly type: "files"; readonly default?: readonly string[] }
  );

/** A file that the daemon read for a plugin. */
export interface SourceText {
  /** As messages name it. */
  readonly path: string;
  /** What is in it. */
  readonly text: string;
}

/** The value of one option. */
export type OptionValue<S extends OptionSpec> =
  | (S["type"] extends "integer" | "duration" ? number
    : S["type"] extends "string" ? string
    : S["type"] extends "boolean" ? boolean
    : S extends { readonly type: "choice"; readonly choices: readonly (infer W)[] } ? W
    : S extends { readonly type: "choices"; readonly choices: readonly (infer W)[] } ? readonly W[]
    : S["type"] extends "strings" ? readonly string[]
    : readonly SourceText[])
  | (S extends { readonly optional: true } ? undefined : never);

/** The values that `setup` gets for its options. */
export type Options<O extends Readonly<Record<string, OptionSpec>>> = {
  readonly [K in keyof O]: OptionValue<O[K]>;
};

/** Answers in place of a plugin that has not given one: `pass` asks the next. */
export type Instead = "allow" | "deny" | "pass";

/** What a configuration may say about each plugin of the slow lane, beside the options that the plugin declares. */
export interface SlowPolicy {
  /** Milliseconds in which it must answer a question. */
  readonly timeout: number;
  /** What becomes of the question past them. */
  readonly whenLate: Instead;
  /** What becomes of it where the plugin throws or rejects, answers what is no verdict, or keeps failing. */
  readonly whenFailed: Instead;
}

/** What it is where neither configuration nor plugin says otherwise. */
export const DEFAULT_SLOW_POLICY: SlowPolicy = { timeout: 10_000, whenLate: "pass", whenFailed: "pass" };

/** The words of {@linkcode Instead}. */
export const INSTEAD = ["allow", "deny", "pass"] as const satisfies readonly Instead[];

/** What it is where the configuration says nothing. */
export function slowPolicyOf(
  {
    timeout = DEFAULT_SLOW_POLICY.timeout,
    whenLate = DEFAULT_SLOW_POLICY.whenLate,
    whenFailed = DEFAULT_SLOW_POLICY.whenFailed,
  }: Partial<SlowPolicy>,
): SlowPolicy {
  return { timeout, whenLate, whenFailed };
}

/** The keys of {@linkcode SlowPolicy}: no plugin, of either lane, may have options of these names. */
export const RESERVED_OPTIONS = ["timeout", "whenLate", "whenFailed"] as const satisfies (keyof SlowPolicy)[];

/** What a configuration says of a plugin that is not built in; no plugin may have options of these names either. */
export const EXTERNAL_KEYS = ["from", "exec", "trusted", "grants", "limits", "unconfined"] as const;

/** What a plugin needs of the outside; where it runs in a process of its own, the operator grants it or it does not load. */
export interface Wants {
  /** Files and folders that it reads, by their whole paths. */
  readonly read?: readonly string[];
  /** Files and folders that it writes to, by their whole paths. */
  readonly write?: readonly string[];
  /** `host:port` that it connects to by TCP. */
  readonly net?: readonly string[];
  /** Variables of the environment that it reads. */
  readonly env?: readonly string[];
}

/** What the outside gives a plugin. */
export interface PluginContext {
  /** Wall clock, milliseconds since 1970. A decision that reads it must call `event.readVolatile()`. */
  readonly clock: () => number;
  /** True where the path of the event's executable names that very file in the daemon's own mount namespace. */
  readonly verifiedExe: (event: SnetEvent) => boolean;
  /**
   * Path of the event's cgroup below the root of the cgroup v2 hierarchy (`/system.slice/cron.service`), found without
   * waiting; undefined where it cannot be known now. Absent where the daemon has no cgroups.
   */
  readonly cgroupPath?: (event: SnetEvent) => string | undefined;
  /** The daemon's own network namespace (inode number of /proc/self/ns/net); absent where it is not known. */
  readonly netns?: number;
  /**
   * Names behind the event's remote address, as a resolver that snet trusts has told them (`names` in snet.yaml): for each
   * of its answers the names from the one that was asked for, over aliases, to the one that has the address; lower case,
   * without the dot at the end, other than ASCII as `xn--`. Undefined where it has told none. Never what the program says,
   * and never by reverse DNS, which the owner of the address writes. They come and go: who decides by them, or by there
   * being none, must call `event.readVolatile()`. Absent where there is no such source.
   */
  readonly names?: (event: SnetEvent) => NameChains | undefined;
  /**
   * Which machine asks, where snet decides for others (`snet serve`); absent in a daemon. Users, programs, processes and
   * cgroups of two machines are never the same: what a plugin keeps by any of them it keeps by this too, and of a machine that
   * is not its own it looks nothing up here.
   */
  readonly clientOf?: (event: SnetEvent) => string | undefined;
  /** Says one line to the operator; not for the verdict path. Absent in the reactor. */
  readonly log?: Log;
  /** Processes of the machine whose calls are judged, read from /proc; absent where that is another one. */
  readonly processes?: Processes;
  /**
   * True where a program is held from its start to its end by one configuration (`snet run`): nothing is loaded again, so
   * that what people say is kept until then, and whether or not it is written down.
   */
  readonly isRun?: boolean;
  /** Where the rule stands that wanted a question: an answer for always belongs in front of it. Absent where that is not known. */
  readonly placeOf?: (asked: Asking["asked"]) => RulePlace | undefined;
  /** Drops all tickets: an answer was given that may say otherwise. Absent in the reactor, and where there are none. */
  readonly dropTickets?: () => void;
  /** Starts a thread that runs the `thread` of the plugin of that name. Absent in the reactor. */
  readonly startThread?: (plugin: string) => PluginThread;
}

/** Names of one address: a list for each answer that a resolver gave. */
export type NameChains = readonly (readonly string[])[];

/** One end of the line between a plugin and a thread of its own; messages are copied as structuredClone does it. */
export interface ThreadPort {
  /** Tells the other end. */
  postMessage(message: unknown): void;
  /** Hears what the other end tells. */
  onmessage: ((event: MessageEvent) => void) | null;
}

/** A thread, seen by the plugin that started it. */
export interface PluginThread extends ThreadPort {
  /** What the thread does not catch ends it, and the daemon too unless this prevents the default. */
  onerror: ((event: ErrorEvent) => void) | null;
  /** Ends it at once. */
  terminate(): void;
}

/** How an event ended, for observers. */
export interface Decision {
  /** What became of the call, and why: the kernel's own answer where the plugin's came too late. */
  readonly verdict: Verdict;
  /** Name of the plugin that answered, asked for a person, failed or was late; undefined where none had an opinion. */
  readonly plugin: string | undefined;
  /** Number of that plugin's rule, if it named one. */
  readonly rule: number | undefined;
  /** `verdict`, or why the default answered: nobody decided, nobody to ask, a plugin threw, the time was over. */
  readonly cause: "verdict" | "default" | "ask" | "failed" | "late";
}

/** What observers are told beside the event and its decision. */
export interface Occasion {
  /** Wall clock of the answer, milliseconds since 1970. */
  readonly time: number;
  /** Microseconds for which the call was held; 0 for a notification. */
  readonly held: number;
  /** The rule that answered, where a plugin named one that it knows. */
  readonly rule: RuleName | undefined;
  /** Which machine asked, where snet decides for others (`snet serve`). */
  readonly client?: string;
  /** What programs asked a resolver for when it gave the remote address, the latest first; absent where that is not known. */
  readonly names?: readonly string[];
}

/** What people know a rule by. */
export interface RuleName {
  /** As its author called it. */
  readonly name: string;
  /** `file:line:column`. */
  readonly where: string;
}

/** Rules by their number: an array, or what makes each name when it is asked for. */
export interface RuleList {
  /** How many there are. */
  readonly length: number;
  /** Undefined where there is none. */
  at(number: number): RuleName | undefined;
}

/**
 * What a plugin of the slow lane is told beside the event. Its answer is for all calls that are equal to the event's and
 * that come until it is given: those that differ in nothing but id, time, time left, thread id and socket cookie.
 */
export interface Asking {
  /**
   * Aborted when the answer has come to nothing: the time is over, the call is gone, or snet stops, for each of the calls
   * that wait. What is answered or thrown afterwards is not looked at.
   */
  readonly signal: AbortSignal;
  /**
   * When the time is over, in milliseconds of performance.now(): for the last of the calls, so it may be later when it is
   * looked at again.
   */
  readonly deadline: number;
  /** Calls that wait for the answer now. */
  readonly calls: number;
  /** Who wants a person to be asked, where a plugin before this one said `ask`; undefined where none had an opinion. */
  readonly asked:
    | { readonly plugin: string; readonly rule: number | undefined; readonly why: string }
    | undefined;
}

/** What a plugin answers: a verdict, or undefined for "not mine"; in the slow lane it may be a promise of it. */
export type Answer<L extends Lane = Lane> =
  | Verdict
  | undefined
  | (L extends "slow" ? Promise<Verdict | undefined> : never);

/** What `decide` gets beside the event: in the slow lane {@linkcode Asking}, in the fast lane nothing. */
export type AskingOf<L extends Lane> = [Lane] extends [L] ? [asking?: Asking]
  : L extends "slow" ? [asking: Asking]
  : [];

/** A plugin at work; `PluginInstance<"slow">` may wait. */
export interface PluginInstance<L extends Lane = Lane> {
  /**
   * The events it is woken for, where only set-up tells; the plugin's `on` if absent. Those of a plugin that decides are
   * asked about; one that only observes sees of them what is asked about anyway.
   */
  readonly events?: readonly EventName[];
  /**
   * Answer, or undefined for "not mine". In the fast lane it must not wait, and the event is valid until it returns; in
   * the slow lane the event is its own.
   */
  decide?(event: SnetEvent, ...asking: AskingOf<L>): Answer<L>;
  /**
   * Sees every event and its end; off the verdict path, in batches, on the main thread. A plugin that both decides
   * and observes is set up once for each if it lives in the reactor, so the two share no state; one of the slow lane is
   * set up once for both.
   */
  observe?(event: SnetEvent, decision: Decision, occasion: Occasion): void;
  /** Sees every notification, about which nothing is decided (`snet.close`), as `observe` sees decisions. */
  notice?(event: SnetEvent, occasion: Occasion): void;
  /** Rules by their number, for counters. */
  readonly rules?: RuleList;
  /**
   * What the plugin itself counts, by names of one or two words, for `snet stats`. It is asked on the main thread: of a
   * plugin of the fast lane that is the instance that observes, not the one that decides.
   */
  counters?(): Readonly<Record<string, number>>;
  /**
   * Of one that can ask people: those of its events of which it takes what nobody has decided; all of them if absent.
   * About the others nothing is asked because of it.
   */
  readonly undecided?: readonly EventName[];
  /** Of one that asks people: its questions, for whoever may see and answer them. */
  readonly questions?: QuestionDesk;
  /**
   * Where the first rule stands that says `ask` (`file:line:column`), or true where the plugin's own options say it. A
   * configuration with one loads only if a plugin behind this one can ask a person.
   */
  readonly asksAt?: string | true;
  /** Whether it can ask a person, where only its options tell; what the plugin declares if absent. */
  readonly asks?: boolean;
  /**
   * True of one that may wait and knows by itself when there is nothing to wait for: however often it fails, it is asked,
   * for it fails at once.
   */
  readonly failsFast?: boolean;
  /** Gives up what the plugin holds; nothing is asked of it afterwards. */
  close?(): void;
}

/** A plugin as it is declared: data, and functions that make it work. */
export interface Plugin<
  O extends Readonly<Record<string, OptionSpec>> = Readonly<Record<string, OptionSpec>>,
  P = unknown,
  L extends Lane = Lane,
> {
  /** What a configuration calls it. */
  readonly name: string;
  /** What it does, in one sentence. */
  readonly doc: string;
  /** Its own version, for people. */
  readonly version?: string;
  /** What it needs of the outside where it is not trusted with all; nothing if absent. */
  readonly wants?: Wants;
  /** `fast` if absent. */
  readonly lane?: L;
  /** True if it can ask a person, so that events about which a plugin before it said `ask` come to it. */
  readonly asks?: boolean;
  /** Of the slow lane: milliseconds for an answer where the configuration gives no `timeout`; ten seconds if absent. */
  readonly timeout?: number;
  /** Of the slow lane: what becomes of a question past its time where the configuration says nothing; `pass` if absent. */
  readonly whenLate?: Instead;
  /** The same of a question where the plugin fails, or keeps failing. */
  readonly whenFailed?: Instead;
  /** The events it is woken for, `snet.in`, `snet.out` or `*`; an instance may name its own instead. */
  readonly on: readonly string[];
  /** True if it uses `context.names`, so that it is set up anew where a source of names comes or goes. */
  readonly byNames?: boolean;
  /**
   * The events of which it can decide what nobody has decided, with these options, in the words of `on`; `on` if absent,
   * and none for one that only observes or has calls wait. Where decisions are only tried (`snet replay`), one that may wait
   * is not set up, so that nobody is told or asked, and one without any of these is left out.
   */
  decides?(options: Options<O>): readonly string[];
  /** True if it is of no use without the first bytes of what is sent: `kernel.payload` must be more than 0 then. */
  readonly needsPayload?: boolean;
  /** What a configuration may say about it. */
  readonly options: O;
  /**
   * Makes of the options what `setup` gets in their place: for what takes long, such as reading rules out of texts. It
   * runs once for each configuration, on the main thread, while decisions go on; `setup` runs there and in the reactor,
   * where every call waits for it. The outcome is handed over as structuredClone does it (objects, arrays, Map, Set, BigInt,
   * no functions, no private fields). What is large belongs into a SharedArrayBuffer, which is not copied; a view of one is
   * gone through byte by byte, so hand over the buffer itself.
   *
   * Throws an Error with one line (`file:line:column: …` where a file is at fault) when the options are bad.
   */
  prepare?(options: Options<O>, context: PluginContext): P;
  /** Gets what `prepare` made, or the options where there is none. Throws as `prepare` does. */
  setup(prepared: P, context: PluginContext): PluginInstance<L>;
  /**
   * What a thread of its own does, once the plugin has started one by `context.startThread`: for what blocks, such as a
   * disk, and would hold up everybody on the main thread. It hears of the plugin and answers it through `port` alone.
   */
  thread?(port: ThreadPort): void;
}

/**
 * Declares a plugin; gives its options their types, and holds a plugin of the fast lane to answers without a promise.
 *
 * Throws an Error where an option has a name that snet.yaml keeps for itself ({@linkcode RESERVED_OPTIONS},
 * {@linkcode EXTERNAL_KEYS}).
 */
export function definePlugin<
  const O extends Readonly<Record<string, OptionSpec>>,
  P = Options<O>,
  L extends Lane = "fast",
>(plugin: Plugin<O, P, L> & { readonly on: readonly EventWord[] }): Plugin<O, P, L> {
  const taken = [...RESERVED_OPTIONS, ...EXTERNAL_KEYS].find((name) => Object.hasOwn(plugin.options, name));
  if (taken !== undefined) {
    throw new Error(
      `plugin "${plugin.name}" declares the option "${taken}", a name that snet.yaml keeps for itself`,
    );
  }
  return plugin;
}
