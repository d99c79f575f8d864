/**
 * The control API, as JSON over HTTP on the daemon's unix socket.
 *
 * | request | answer | who may |
 * | --- | --- | --- |
 * | `GET /v1/status` | {@linkcode Status} | who may open the socket |
 * | `GET /v1/stats` (`?all` also rules without hits) | {@linkcode Stats} | … |
 * | `GET /v1/tickets` | {@linkcode TicketList} | … |
 * | `GET /v1/events` | `text/event-stream` of {@linkcode Observation} | … |
 * | `GET /v1/rows` (`?since=NUMBER` those after it) | `text/event-stream` of {@linkcode RowBatch}, by the number of its last row | … |
 * | `GET /v1/rows/NUMBER` | {@linkcode Observation} | … |
 * | `GET /v1/history` (`?span=hour`, `day` or `week`) | {@linkcode HistoryJson}, while a page is served | … |
 * | `GET /v1/plugins` | {@linkcode PluginList} | …; values of options: root and the daemon's own user |
 * | `POST /v1/tickets/flush` | {@linkcode Flushed} | root and the daemon's own user |
 * | `POST /v1/reload` | {@linkcode Reloaded} | root and the daemon's own user |
 * | `GET /v1/questions` | {@linkcode QuestionList} | who may open the socket |
 * | `GET /v1/questions/events` | `text/event-stream` of {@linkcode QuestionChange} | … |
 * | `POST /v1/questions/ID/answer` with {@linkcode AnswerJson} | {@linkcode Answered} | who `mayAnswer` |
 * | `POST /v1/web/links` with {@linkcode WebLinkJson} | {@linkcode WebLink} | who may open the socket, for itself |
 * | `GET /v1/web/sessions` | {@linkcode WebSessionList} | … its own; root and the daemon's user see all |
 * | `DELETE /v1/web/sessions`, `DELETE /v1/web/sessions/ID` | {@linkcode LoggedOut} | … |
 *
 * The same as OpenAPI: `GET /v1/openapi.json`, made from core/control/operations.ts and the types here.
 *
 * Errors have status 4xx or 5xx and a body {@linkcode Failure}. What an event lacks is absent in its JSON; 64-bit
 * numbers are decimal texts, bytes are hexadecimal texts, times are ISO 8601.
 */

import type { AttributeJson } from "../attribute.ts";
import type { EventName } from "../event.ts";
import type { NamesJson } from "../names/status.ts";

/** Where the daemon listens unless its configuration says otherwise. */
export const DEFAULT_SOCKET = "/run/snet/snet.sock";

/** The paths, so that client and server cannot differ. */
export const PATHS = {
  status: "/v1/status",
  stats: "/v1/stats",
  tickets: "/v1/tickets",
  flush: "/v1/tickets/flush",
  reload: "/v1/reload",
  events: "/v1/events",
  rows: "/v1/rows",
  history: "/v1/history",
  plugins: "/v1/plugins",
  rules: "/v1/rules",
  ruleFile: "/v1/rules/file",
  ruleCheck: "/v1/rules/check",
  ruleUndo: "/v1/rules/undo",
  rulePreview: "/v1/rules/preview",
  ruleMove: "/v1/rules/move",
  ruleMake: "/v1/rules/make",
  questions: "/v1/questions",
  questionEvents: "/v1/questions/events",
  webLinks: "/v1/web/links",
  webSessions: "/v1/web/sessions",
  openapi: "/v1/openapi.json",
} as const;

/** Where the answer to a question goes. */
export function answerPath(id: string): string {
  return `${PATHS.questions}/${id}/answer`;
}

/** Why a request was refused; several lines where a configuration has several mistakes. */
export interface Failure {
  readonly error: string;
}

export interface Status {
  readonly version: string;
  readonly pid: number;
  readonly started: string;
  readonly config: string;
  /** When the configuration was last taken over. */
  readonly loaded: string;
  /** Why the last try to reload was refused; absent if it was not. */
  readonly refused?: string;
  readonly source: {
    /** `clients`: no kernel, but daemons of other machines (`snet serve`). */
    readonly kind: "kernel" | "clients";
    /** Where clients are listened for. */
    readonly listen?: string;
    readonly attached: boolean;
    /** Events that are asked about, and those asked for that this kernel lacks. */
    readonly events: readonly EventName[];
    readonly missing: readonly EventName[];
    readonly families: readonly string[];
    /** Names of what this kernel can do: `hooks`, `tickets`, `hold`, `loadable`. */
    readonly features: readonly string[];
    /** Milliseconds in which a call is answered, and the kernel's answer past them. */
    readonly delay: number;
    readonly policy: "allow" | "deny";
    /** Times that the reactor was started again after it had died. */
    readonly restarts: number;
  };
  /** `pass`, of a server: its clients go on by themselves. */
  readonly default: "allow" | "deny" | "pass";
  readonly plugins: readonly { readonly name: string; readonly rules: number }[];
  /** Open event streams. */
  readonly observers: number;
  /** Absent where none is wanted, and of a server. */
  readonly page?: PageState;
}

/** A rule, by the plugin's own number for it. */
export interface RuleName {
  readonly number: number;
  readonly name?: string;
  /** `file:line:column`. */
  readonly where?: string;
}

export interface Stats {
  /** The kernel's counters since boot, by their names in camel case (`endsAllowed`); see kernel/snet.yaml. None of a server. */
  readonly kernel: Readonly<Record<string, number>>;
  /** Who tells the names behind addresses; absent where nobody is to. */
  readonly names?: NamesJson;
  /** Of a server (`snet serve`): what its clients do. */
  readonly serve?: ServeStats;
  readonly daemon: {
    /**
     * When the configuration was last taken over: since then `plugins` count, the others since the reactor was
     * started.
     */
    readonly since: string;
    /** Events by what decided them; each is in exactly one. */
    readonly decisions: Readonly<Record<"verdict" | "default" | "ask" | "failed" | "late", number>>;
    /** Answers that the kernel refused, since the call had ended meanwhile. */
    readonly late: number;
    /** Answers that the kernel refused for another reason. */
    readonly refused: number;
    /** Messages that could not be read; the kernel's policy answers them. */
    readonly malformed: number;
    /** Times that the socket's buffer overflowed; the kernel sends those events again. */
    readonly overruns: number;
    /** Events told without a question. */
    readonly notified: number;
    /** Calls that ended before their answer, by the kernel's word for the cause (`timeout`, `signal` …). */
    readonly cancelled: Readonly<Record<string, number>>;
    /** Answers that wanted a ticket but had used what no ticket can hold. */
    readonly unremembered: number;
    /** Observations that no observer got, for lack of room. */
    readonly dropped: number;
    /** Calls that wait for the slow lane now. */
    readonly waiting: number;
    readonly plugins: readonly PluginStats[];
  };
}

/** What a server counts since it was started. */
export interface ServeStats {
  /** Messages in the name of no client that there is. */
  readonly unknown: number;
  readonly connections: {
    /** Open now. */
    readonly open: number;
    /** Closed at once, as there were too many. */
    readonly refused: number;
    /** Closed since they took too long to say something. */
    readonly timeouts: number;
    /** Messages that were too long, or for which there was no memory left. */
    readonly tooLarge: number;
    /** Connections that spoke no TLS, or another kind of it. */
    readonly tls: number;
  };
  /** The policy for clients that cannot reach the server. */
  readonly policy?: string | undefined;
  readonly clients: readonly ClientStats[];
}

/** What one client does. */
export interface ClientStats {
  readonly name: string;
  /** Asking plugins that are there now. */
  readonly sessions: number;
  /** Questions that wait now. */
  readonly waiting: number;
  /** Messages that were taken, and questions in them. */
  readonly turns: number;
  readonly questions: number;
  /** Questions that were decided, and those that were left to the client. */
  readonly answered: number;
  readonly passed: number;
  /** Questions that it took back, and those whose client was heard of no more. */
  readonly cancelled: number;
  readonly gone: number;
  /** Not taken: too many in a second, too many that wait, not to be understood. */
  readonly overRate: number;
  readonly full: number;
  readonly malformed: number;
  /** Messages that were not taken: not signed by it, of another time, come before. */
  readonly forged: number;
  readonly stale: number;
  readonly replayed: number;
}

/** In the order of the configuration. */
export interface PluginStats {
  readonly name: string;
  /** Where it is asked: in the reactor, or on the main thread. */
  readonly lane: "fast" | "slow";
  /** Its own version; absent where it tells none, as the built-in plugins do. */
  readonly version?: string;
  /** `trusted` runs in the daemon's process, `sandboxed` in one of its own. */
  readonly trust: "built-in" | "trusted" | "sandboxed";
  /** What it may reach, where it is sandboxed. */
  readonly grants?: Readonly<Record<"read" | "write" | "net" | "env", readonly string[]>>;
  /** Times that it was asked. */
  readonly calls: number;
  /** Microseconds within which half of its answers came, and 99 of 100; in the reactor one of 64 is timed. */
  readonly time?: { readonly p50: number; readonly p99: number };
  readonly allowed: number;
  readonly denied: number;
  readonly asked: number;
  readonly failed: number;
  /** Calls that it had not answered when their time was over. */
  readonly late: number;
  /** Calls that it had not answered when they ended by themselves. */
  readonly cancelled: number;
  /** Calls that it was not asked about, since they joined an equal one that waited for its answer. */
  readonly shared: number;
  readonly lastFailure?: string;
  /** Of one that may wait. */
  readonly slow?: {
    /** Milliseconds that it has for an answer, and what becomes of questions that it does not answer. */
    readonly timeout: number;
    readonly whenLate: "allow" | "deny" | "pass";
    readonly whenFailed: "allow" | "deny" | "pass";
    /** Calls that it has not answered yet. */
    readonly waiting: number;
    readonly breaker: {
      /** `closed`: it is asked; `open`: it keeps failing, and `whenFailed` answers; `half-open`: one question tries it. */
      readonly state: "closed" | "open" | "half-open";
      /** Failures since its last answer. */
      readonly failures: number;
      /** Times that it opened after it had been closed, since snet was started or the plugin's options changed. */
      readonly opened: number;
      /** Questions that it was not asked, since then. */
      readonly shortCircuited: number;
    };
  };
  /** What the plugin itself counts, by its own names. */
  readonly counters?: Readonly<Record<string, number>>;
  readonly rules: readonly (RuleName & { readonly hits: number })[];
}

/** An address; see `Address` in core/event.ts. */
export interface AddressJson {
  readonly family: number;
  readonly ip?: string;
  readonly port?: number;
  readonly scopeId?: number;
  readonly path?: string;
  readonly abstract?: string;
  readonly portId?: number;
  readonly groups?: number;
  readonly ifindex?: number;
  readonly protocol?: number;
  readonly hardware?: string;
  readonly cid?: number;
  readonly vsockPort?: number;
  readonly raw?: string;
}

/** A process from which another comes; without `exe` where that is not known. */
export interface ParentJson {
  readonly pid: number;
  readonly exe?: string;
}

/** An event; see `SnetEvent` in core/event.ts. */
export interface EventJson {
  readonly id: string;
  readonly name: EventName;
  /** Names of its flags: `nonblock`, `io-uring` … */
  readonly flags: readonly string[];
  readonly task: {
    readonly pid: number;
    readonly tid: number;
    readonly ppid: number;
    readonly startTime: string;
    readonly uid: number;
    readonly gid: number;
    readonly loginuid?: number;
    readonly comm: string;
    readonly exe?: string;
    readonly exeUnlinked: boolean;
    readonly exeDev: string;
    readonly exeIno: string;
    readonly exeGeneration: number;
    readonly exeCtime: string;
    readonly exeMntns: number;
    readonly cgroup: string;
    readonly netns: number;
    readonly mntns: number;
    /** Arguments, the first 4096 bytes; from `snet run` only. */
    readonly cmdline?: readonly string[];
    /** The parent first, then its parent, up to the program that was run; from `snet run` only. */
    readonly parents?: readonly ParentJson[];
  };
  /** All 0 (AF_UNSPEC) where the event is about none. */
  readonly socket: {
    readonly family: number;
    readonly type: number;
    readonly protocol: number;
    readonly cookie?: string;
  };
  readonly local?: AddressJson;
  readonly remote?: AddressJson;
  readonly backlog?: number;
  readonly how?: number;
  readonly messageFlags?: number;
  readonly length?: string;
  readonly payload?: string;
  /** Of an event of a declared family, as the types of its attributes have them (core/attribute.ts). */
  readonly attributes?: Readonly<Record<string, AttributeJson>>;
}

/** One decision, as the event stream tells it. */
export interface Observation {
  /** Wall clock of the answer. */
  readonly time: string;
  /** Which machine asked, of a server (`snet serve`). */
  readonly client?: string;
  readonly event: EventJson;
  /** False for a notification: nothing was decided. */
  readonly asked: boolean;
  readonly action: "allow" | "deny";
  readonly why: string;
  /** Number and name (`ECONNREFUSED`) of what a denied program sees. */
  readonly errno?: number;
  readonly errnoName?: string;
  /**
   * `late`: the time was over. A plugin had not answered, so that the default did; or the answer came after the kernel's
   * delay, so that the kernel's policy did, which is what `action` tells.
   */
  readonly cause: "verdict" | "default" | "ask" | "failed" | "late";
  /** Who answered, asked for a person, failed or was late; absent where no plugin had an opinion. */
  readonly plugin?: string;
  readonly rule?: RuleName;
  /** Milliseconds for which the kernel may repeat the answer; absent for no ticket. */
  readonly remember?: number;
  /** Microseconds for which the call was held. */
  readonly held: number;
}

export interface TicketJson {
  readonly event: EventName;
  readonly scope: "task" | "children" | "program";
  /** Names of the operands that it matches besides those always held. */
  readonly key: readonly string[];
  readonly action: "allow" | "deny";
  readonly errno?: number;
  readonly errnoName?: string;
  /** Milliseconds. */
  readonly timeLeft: number;
  readonly hits: number;
  readonly plugin?: string;
  readonly rule?: RuleName;
  readonly pid?: number;
  readonly uid?: number;
  readonly comm?: string;
  readonly exe?: string;
  readonly family?: number;
  readonly type?: number;
  readonly protocol?: number;
  readonly local?: AddressJson;
  readonly remote?: AddressJson;
}

export interface TicketList {
  readonly tickets: readonly TicketJson[];
}

export interface Flushed {
  /** Tickets dropped. */
  readonly dropped: number;
}

export interface Reloaded {
  readonly loaded: string;
  readonly plugins: readonly { readonly name: string; readonly rules: number }[];
}

/** How long an answer holds: for the calls that wait, for a time, until the program that asks ends, or as a rule. */
export type AnswerLasts = "once" | "time" | "process" | "always";

/**
 * What an answer that lasts is about: the words that are there are those of the question, all else is any. Always
 * for the user whose program asks alone, and for calls of the same kind (outwards, inwards).
 */
export type AnswerScope =
  | "program+address+port"
  | "program+address"
  | "program+port"
  | "program"
  | "address+port"
  | "address"
  | "port";

/** Equal calls that wait for a person: the same program, of the same user, wants the same. */
export interface QuestionJson {
  /** A word of letters and digits, which no other question gets. */
  readonly id: string;
  /** Goes up when another process joins the question; see {@linkcode AnswerJson.revision}. */
  readonly revision: number;
  /** When the first call came. */
  readonly since: string;
  /** Calls that wait for this answer. */
  readonly calls: number;
  /** Whose they are: process ids, up to 64; more make another question. */
  readonly processes: readonly number[];
  /** When the first of the calls is decided otherwise; absent where that is more than a week off. */
  readonly until?: string;
  /** How it is decided then; `pass`: by another plugin. */
  readonly instead: "allow" | "deny" | "pass";
  /** The first call that still waits. */
  readonly event: EventJson;
  /** The program, printable, for grouping: its path, or the name of its thread. */
  readonly program: string;
  /** The user whose program it is, printable: a name, or a number. */
  readonly user: string;
  /** Who wanted a person to be asked; absent where nobody had an opinion. */
  readonly asked?: { readonly plugin: string; readonly rule?: number; readonly why: string };
  /** What the program wants, in words that go on "wants to …". */
  readonly wish: string;
  /** What else is known, line by line; printable. */
  readonly facts: readonly { readonly label: string; readonly text: string }[];
  /** What an answer may be about, the narrowest first; each with its meaning in words that go on "allow" or "deny". */
  readonly scopes: readonly { readonly scope: AnswerScope; readonly text: string }[];
  /** How long an answer of whoever reads this may last. */
  readonly lasts: readonly AnswerLasts[];
  /** Whether whoever reads this may answer, and why not; seen again when the answer comes. */
  readonly mayAnswer: boolean;
  readonly whyNot?: string;
}

export interface QuestionList {
  /** The oldest first. */
  readonly questions: readonly QuestionJson[];
}

/** An answer to a question; other keys are refused. */
export interface AnswerJson {
  readonly action: "allow" | "deny";
  /** `once` if absent. */
  readonly lasts?: AnswerLasts;
  /** Milliseconds; with `lasts: "time"`, and there only. */
  readonly time?: number;
  /** One of the question's `scopes`, the first if absent; for `once` there is no other, for `process` those with `program`. */
  readonly scope?: AnswerScope;
  /** With `lasts: "process"`: also what the program starts. */
  readonly children?: boolean;
  /** The question's `revision` that was seen: where another process has joined since, the answer is refused (409). */
  readonly revision?: number;
}

/** Who answered a question. */
export interface AnswererJson {
  readonly uid: number;
  /** Printable: a name, or a number. */
  readonly user: string;
  readonly pid: number;
  /** Path of the executable, printable; absent where it cannot be told. */
  readonly program?: string;
}

/** An answer that was taken. Failures: 400 bad, 403 may not, 404 unknown, 409 answered already, 410 over, 413 too long. */
export interface Answered {
  readonly id: string;
  readonly action: "allow" | "deny";
  readonly lasts: AnswerLasts;
  /** Of one that lasts. */
  readonly scope?: AnswerScope;
  /** When it ends to hold, of one for a time. */
  readonly until?: string;
  /** Calls that went on, or failed, by it; of other questions too where it is about them. */
  readonly calls: number;
  /** The rule file that it stands in now, of one for always. */
  readonly saved?: string;
  readonly by: AnswererJson;
}

/** What happens to questions, as their event stream tells it. */
export type QuestionChange =
  /** All that wait: the first of every stream, and again where a reader was too slow for what happened. */
  | ({ readonly kind: "waiting" } & QuestionList)
  | { readonly kind: "opened" | "changed"; readonly question: QuestionJson }
  | {
    readonly kind: "closed";
    readonly id: string;
    /** `ended`: its calls are gone; `late`: its time was over; `stopped`: the plugin stopped asking. */
    readonly how: "answered" | "ended" | "late" | "stopped";
    /** Of one that was answered, or that the answer to another was about too. */
    readonly answered?: Answered;
  };

/** One decision in a line, for people; every text is printable. */
export interface RowJson {
  /** Counts up by one; from it the stream goes on, and by it the whole decision is asked for. */
  readonly number: number;
  /** Wall clock of the answer, milliseconds since 1970. */
  readonly time: number;
  /** Which machine asked, of a server. */
  readonly client?: string;
  /** Path of the executable, else the name of the thread. */
  readonly program: string;
  readonly pid: number;
  /** A name, or a number. */
  readonly user: string;
  /** The event without its family: `connect`. */
  readonly call: string;
  /** What it is about, as the family shows it: `tcp 192.0.2.1:443`. */
  readonly target: string;
  /** `told`: a notification, about which nothing was decided. */
  readonly verdict: "allow" | "deny" | "told";
  /** Name of what a denied program sees. */
  readonly errno?: string;
  readonly cause: Observation["cause"];
  /** Who answered: `rules: web`; empty where nobody had an opinion. */
  readonly by: string;
  readonly why: string;
  /** Microseconds for which the call was held. */
  readonly held: number;
}

/** Decisions that came since the batch before. */
export interface RowBatch {
  readonly rows: readonly RowJson[];
  /** Decisions before these that are not kept any more. */
  readonly missed: number;
}

/** How far back a history goes. */
export type HistorySpan = "hour" | "day" | "week";

/** What was decided lately, in counts. Calls that the kernel answers by a ticket are not among them. */
export interface HistoryJson {
  /** When counting began, milliseconds since 1970. */
  readonly since: number;
  readonly span: HistorySpan;
  /** Milliseconds of a slot: ten seconds of an hour, else ten minutes. */
  readonly step: number;
  /** When the first slot began, milliseconds since 1970; the others follow, and the last is the one that goes on. */
  readonly start: number;
  /** Decisions in each slot. */
  readonly allowed: readonly number[];
  readonly denied: readonly number[];
  /** The ten that called most often, by their paths; every text is printable. */
  readonly programs: readonly TopJson[];
  /** The ten that programs reached, or tried to, most often: `tcp 192.0.2.1:443`. */
  readonly targets: readonly TopJson[];
  /** What was denied most often, and to which program; `target` is empty where the call is about none. */
  readonly denials: readonly { readonly program: string; readonly target: string; readonly denied: number }[];
}

/** A name, and how often it came; among very many names a little less than that. */
export interface TopJson {
  readonly name: string;
  readonly allowed: number;
  readonly denied: number;
}

/** The plugins of the configuration, in its order. */
export interface PluginList {
  readonly plugins: readonly PluginJson[];
}

/** One entry of the plugin list: what it is, how it is set, and how it does. */
export interface PluginJson {
  readonly name: string;
  /** What it does, in one sentence of its author. */
  readonly doc: string;
  /** `file:line:column` of the entry. */
  readonly where: string;
  readonly lane: PluginStats["lane"];
  readonly trust: PluginStats["trust"];
  /** Its file, or the program that it is, where it is not built in and whoever asks may read the configuration. */
  readonly program?: string;
  /** The events it is woken for. */
  readonly events: readonly EventName[];
  readonly options: readonly OptionJson[];
  /** Absent of one that only observes. */
  readonly stats?: PluginStats;
}

/** One option of a plugin, as its author has declared it. */
export interface OptionJson {
  readonly name: string;
  readonly doc: string;
  readonly type: "integer" | "duration" | "string" | "boolean" | "choice" | "choices" | "strings" | "files";
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** May be left out though it has no default. */
  readonly optional?: true;
  /** Where it has one. */
  readonly default?: OptionValueJson;
  /**
   * What is set: durations in milliseconds, files by their paths. Absent where nothing is, and where it is withheld.
   * Of a URL only where it leads.
   */
  readonly value?: OptionValueJson;
  /** Something else than the default is set that is not told: it may be a secret, or whoever asks may not read it. */
  readonly isWithheld?: true;
}

export type OptionValueJson = string | number | boolean | readonly string[];

/** What a session at the page may do: see; answer the questions of its user too; or all that its user may. */
export type SessionRole = "read" | "answer" | "admin";

/** What kind of link is wanted; other keys are refused. */
export interface WebLinkJson {
  /** The most that the user may if absent: `admin` for root and the daemon's user, `answer` for others. */
  readonly role?: SessionRole;
}

/** A link that logs in, once. */
export interface WebLink {
  readonly link: string;
  /** Until when it must be opened. */
  readonly until: string;
  /** Whom it logs in, printable: a name, or a number. */
  readonly user: string;
  readonly role: SessionRole;
  /** The unix socket on which alone the page is served, where that is so. */
  readonly socket?: string;
}

/** Whoever is logged in at the page. */
export interface WebSession {
  /** Names it; no secret. */
  readonly id: string;
  readonly user: string;
  readonly role: SessionRole;
  /** When it was begun, and when it last asked for something. */
  readonly since: string;
  readonly used: string;
  /** Pages that follow what happens, each with a stream or several. */
  readonly streams: number;
  /** True of the session that asks. */
  readonly isOwn?: boolean;
}

/** Where the page is served, of a configuration that wants one. */
export interface PageState {
  /** `http://127.0.0.1:8474`, `unix:/run/snet/web.sock`; empty where it cannot be served. */
  readonly addresses: readonly string[];
  /** Why it cannot. */
  readonly failure?: string;
}

export interface WebSessionList {
  /** The oldest first. */
  readonly sessions: readonly WebSession[];
}

/** By which a browser becomes a session; at the page alone, as all that follows. */
export interface WebLogin {
  /** What stands behind `#login=` in a link. */
  readonly secret: string;
}

/** Whom a session acts for. */
export interface WebVisitor {
  /** Printable: a name, or a number. */
  readonly user: string;
  readonly role: SessionRole;
}

/** A session that has begun; its cookie is set besides. */
export interface WebBegun extends WebVisitor {
  /** To be sent as `x-snet-key` with each request. */
  readonly key: string;
}

/** A session that has ended; it says nothing. */
export type WebEnded = Readonly<Record<string, never>>;

export interface LoggedOut {
  /** Sessions that were ended. */
  readonly ended: number;
}

/** A rule of the plugin `rules` in force. */
export interface RuleInForce {
  /** Place in the configured list of the plugin that it is of, and its own place among those rules; both from 0. */
  readonly entry: number;
  readonly number: number;
  /** Its file, its place in the file's list from 0, and its line from 1. */
  readonly path: string;
  readonly index: number;
  readonly line: number;
  /** As people call it, where it has a name. */
  readonly name?: string;
  readonly action?: "allow" | "deny" | "ask";
  /** As the file has it, 1000 characters at most; absent where whoever asks may not read the file. */
  readonly text?: string;
  /** Calls that it has answered since its plugin was loaded. */
  readonly hits: number;
  /** The last of them since there is a page, milliseconds since 1970. */
  readonly last?: number;
}

export interface RuleFileJson {
  readonly path: string;
  /** Names the text that is in force. */
  readonly tag: string;
  /** True where something else stands there than what is in force. */
  readonly isChanged?: boolean;
}

export interface RuleListJson {
  /** In the order of asking; the first that matches decides. */
  readonly rules: readonly RuleInForce[];
  /** Rules beyond these. */
  readonly untold: number;
  readonly files: readonly RuleFileJson[];
  /** What answers where no plugin does. */
  readonly default: "allow" | "deny";
  /** Whether whoever asks may change files. */
  readonly mayChange: boolean;
  /** The last change that was saved here, which can be undone. */
  readonly undo?: { readonly path: string; readonly time: string };
}

/** What stands in a file of rules now. */
export interface RuleFileText {
  readonly path: string;
  readonly text: string;
  /** Names this very text; to be sent when it is changed. */
  readonly tag: string;
}

/** A text that may become that of a file. */
export interface RuleDraftJson {
  readonly path: string;
  readonly text: string;
}

/** As `snet rules check` says it: `path:line:column: message`. */
export interface RuleCheckJson {
  /** With any of these the text is not taken. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** Rules of all files together. */
  readonly rules: number;
}

/** A text to be saved in place of the one that `tag` names. */
export interface RuleSaveJson extends RuleDraftJson {
  readonly tag: string;
}

/** What a text would have made different of the decisions that are kept, of an hour at most. */
export interface RulePreviewJson {
  /** How many were looked at, and when the first of them was made. */
  readonly decisions: number;
  readonly since?: string;
  /** How many of them would have ended otherwise. */
  readonly different: number;
  /** How, the most frequent first: `allow`, `deny EPERM`, or `ask PLUGIN` for what would wait for that one. */
  readonly changes: readonly { readonly before: string; readonly after: string; readonly count: number }[];
  /** The newest of them, 50 at most. */
  readonly examples: readonly RuleDifference[];
}

export interface RuleDifference {
  readonly row: RowJson;
  /** What comes of it by the rules in force, and what would by the text. */
  readonly before: string;
  readonly after: string;
}

/** A rule of a file to be asked earlier or later; comments above it go with it. */
export interface RuleMoveJson {
  readonly path: string;
  /** Of the text in which it stands. */
  readonly tag: string;
  /** Its place in the file's list, and the place that it is to have, from 0. */
  readonly from: number;
  readonly to: number;
}

/** What is wanted for a decision that is kept, and for calls like it. */
export interface RuleMakeJson {
  /** Its number. */
  readonly row: number;
  readonly action: "allow" | "deny";
  /** The narrowest that there is if absent. */
  readonly scope?: AnswerScope;
}

/** A file of rules with a rule that was made; nothing is written. */
export interface RuleMadeJson {
  readonly path: string;
  readonly text: string;
  /** Names the text that stands there now, and that text. */
  readonly tag: string;
  readonly former: string;
  /** Where the rule stands, from 1. */
  readonly line: number;
  readonly scope: AnswerScope;
  /** All that the rule could be about, the narrowest first. */
  readonly scopes: readonly AnswerScope[];
}
