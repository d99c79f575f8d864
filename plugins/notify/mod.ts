/** Tells syslog, systemd's journal, a desktop or a command of decisions. */

import { hostname } from "node:os";
import {
  type Decision,
  decisionJson,
  definePlugin,
  type Occasion,
  type PluginContext,
  type PluginInstance,
  type SnetEvent,
  UnixDatagram,
} from "../../core/mod.ts";
import { isTold, parseEventOption, TOLD_OPTIONS, type ToldOptions } from "../parts/told.ts";
import { CommandRunner } from "./command.ts";
import { desktopCall } from "./desktop.ts";
import { journalEntry } from "./journald.ts";
import type { Message } from "./message.ts";
import { Rate } from "./rate.ts";
import { FACILITIES, type Facility, syslogMessage } from "./syslog.ts";

/** Where daemons listen. */
const SOCKETS = { syslog: "/dev/log", journald: "/run/systemd/journal/socket" } as const;
const NOTIFY_SEND = ["/usr/bin/notify-send"];
const RUNTIME = "/run/user";

/** Tells people of decisions, and never makes one. */
export default definePlugin({
  name: "notify",
  doc: "Tells syslog, systemd's journal, a desktop or a command of decisions.",
  // It only observes: one instance, on the main thread, which does not cut the chain.
  lane: "slow",
  on: ["snet.out", "snet.in"],
  decides: () => [],
  options: {
    to: {
      type: "choice",
      choices: ["syslog", "journald", "desktop", "exec"],
      // With a command that is set it says as whom that is run.
      byHand: true,
      doc: "Who is told.",
    },
    events: {
      type: "strings",
      default: ["snet.out", "snet.in"],
      byHand: false,
      doc: "The events to tell of.",
    },
    ...TOLD_OPTIONS,
    verdicts: { ...TOLD_OPTIONS.verdicts, default: ["deny"] },
    rate: { type: "integer", default: 60, min: 1, max: 100_000, doc: "How many are told of in a minute." },
    burst: { type: "integer", default: 10, min: 1, max: 10_000, doc: "How many are told of at once." },
    socket: {
      type: "string",
      optional: true,
      doc:
        "Of `syslog` and `journald`: the unix socket; `/dev/log` or `/run/systemd/journal/socket` if absent.",
    },
    facility: {
      type: "choice",
      choices: Object.keys(FACILITIES) as Facility[],
      default: "authpriv",
      doc: "Of `syslog`: the facility.",
    },
    uid: {
      type: "integer",
      optional: true,
      min: 0,
      max: 0xffff_fffe,
      byHand: true,
      doc: "Of `desktop`: whose; that of the user whose program called if absent.",
    },
    command: {
      type: "strings",
      optional: true,
      // Its arguments may be anything.
      secret: true,
      doc:
        "Of `exec` and `desktop`: the program by its whole path, and its arguments; no shell. `[/usr/bin/notify-send]` for a desktop if absent.",
    },
    limit: {
      type: "duration",
      default: 10_000,
      min: 10,
      max: 3_600_000,
      doc: "Of `exec` and `desktop`: after which the command is killed, with all that it has started.",
    },
    queue: {
      type: "integer",
      default: 100,
      min: 1,
      max: 10_000,
      doc:
        "Of `exec` and `desktop`: how many wait for the one that runs; those that find no room are dropped.",
    },
  },
  prepare({ events, ...options }) {
    const { to, socket, command, uid } = options;
    const refuse = (name: string, kinds: string) => {
      throw new Error(`option "${name}" is for "to: ${kinds}", not for ${to}; leave it out`);
    };
    if (socket !== undefined && to !== "syslog" && to !== "journald") refuse("socket", "syslog or journald");
    if (command !== undefined && to !== "exec" && to !== "desktop") refuse("command", "exec or desktop");
    if (uid !== undefined && to !== "desktop") refuse("uid", "desktop");
    if (socket !== undefined && !/^[/@]./.test(socket)) {
      throw new Error(
        `socket "${socket}" is neither an absolute path, such as /dev/log, nor an abstract @name`,
      );
    }
    if (to === "exec" && command === undefined) {
      throw new Error(`"to: exec" needs the option "command", such as [/usr/local/bin/alarm, --json]`);
    }
    if (command !== undefined && !command[0]?.startsWith("/")) {
      throw new Error(`command "${command[0] ?? ""}" is no absolute path, such as /usr/local/bin/alarm`);
    }
    return { ...options, events: parseEventOption(events) };
  },
  setup(options, context): PluginInstance<"slow"> {
    const teller = new Teller(options, targetOf(options, context));
    return {
      events: options.events,
      observe: (event, decision, occasion) => teller.observe(event, decision, occasion),
      counters: () => teller.counters(),
      close: () => teller.close(),
    };
  },
});

/** What the options say, checked. */
export interface NotifySettings extends ToldOptions {
  readonly to: "syslog" | "journald" | "desktop" | "exec";
  readonly rate: number;
  readonly burst: number;
  readonly socket: string | undefined;
  readonly facility: Facility;
  readonly uid: number | undefined;
  readonly command: readonly string[] | undefined;
  readonly limit: number;
  readonly queue: number;
}

/** Who is told. */
interface Target {
  /** Messages that are lost, by why. */
  readonly counters: Readonly<Record<string, number>>;
  tell(message: Message): void;
  close(): void;
}

class Teller {
  readonly #rate: Rate;
  #told = 0;

  constructor(readonly settings: NotifySettings, readonly target: Target) {
    this.#rate = new Rate(settings.rate, settings.burst, () => performance.now());
  }

  observe(event: SnetEvent, decision: Decision, occasion: Occasion): void {
    if (!isTold(this.settings, decision)) return;
    const suppressed = this.#rate.take();
    if (suppressed === undefined) return;
    this.#told++;
    this.target.tell({ observation: decisionJson(event, decision, occasion), suppressed });
  }

  counters(): Readonly<Record<string, number>> {
    return { told: this.#told, "held back": this.#rate.total, ...this.target.counters };
  }

  close(): void {
    this.target.close();
  }
}

function targetOf(settings: NotifySettings, { log = () => {} }: PluginContext): Target {
  const warn = (message: string) => log("warning", `Plugin "notify": ${message}`);
  const { to, facility } = settings;
  if (to === "desktop") return new Desktop(settings, warn);
  if (to === "exec") return new Exec(settings, warn);
  const encoder = new TextEncoder();
  const host = hostname();
  const encode = to === "journald"
    ? journalEntry
    : (message: Message) => encoder.encode(syslogMessage(message, facility, host, Deno.pid));
  return new Datagrams(settings.socket ?? SOCKETS[to], encode, warn);
}

class Datagrams implements Target {
  readonly #socket: UnixDatagram;
  /** In a row, and in all. */
  #lost = 0;
  #lostInAll = 0;

  constructor(
    path: string,
    readonly encode: (message: Message) => Uint8Array<ArrayBuffer>,
    readonly warn: (message: string) => void,
  ) {
    this.#socket = new UnixDatagram(path);
  }

  get counters(): Readonly<Record<string, number>> {
    return { lost: this.#lostInAll };
  }

  tell(message: Message): void {
    const refused = this.#socket.send(this.encode(message));
    if (refused !== undefined) this.#lostInAll++;
    if (refused === undefined) {
      if (this.#lost > 0) this.warn(`${this.#socket.path} takes messages again, ${this.#lost} were lost`);
      this.#lost = 0;
    } else if (this.#lost++ === 0) this.warn(`messages are lost: ${this.#socket.path}: ${refused}`);
  }

  close(): void {
    this.#socket.close();
  }
}

class Exec implements Target {
  readonly #runner: CommandRunner;

  constructor(readonly settings: NotifySettings, warn: (message: string) => void) {
    this.#runner = new CommandRunner({ ...settings, onFailure: warn });
  }

  get counters(): Readonly<Record<string, number>> {
    return { ...this.#runner.counts };
  }

  tell({ observation, suppressed }: Message): void {
    const input = JSON.stringify({ version: 1, type: "snet.decision", suppressed, ...observation });
    this.#runner.run({ command: this.settings.command!, input: `${input}\n` });
  }

  close(): void {
    this.#runner.close();
  }
}

class Desktop implements Target {
  readonly #runner: CommandRunner;
  #absent = 0;

  constructor(readonly settings: NotifySettings, warn: (message: string) => void) {
    this.#runner = new CommandRunner({ ...settings, onFailure: warn });
  }

  get counters(): Readonly<Record<string, number>> {
    return { "no session": this.#absent, ...this.#runner.counts };
  }

  tell(message: Message): void {
    const { command = NOTIFY_SEND, uid = message.observation.event.task.uid } = this.settings;
    const call = desktopCall(message, uid, RUNTIME);
    // Only root can become another; another user's daemon tells its own desktop alone.
    const own = Deno.uid();
    if (call === undefined || (own !== 0 && own !== uid)) {
      this.#absent++;
      return;
    }
    const { args, env, gid } = call;
    this.#runner.run({ command: [...command, ...args], input: "", env, ...(own === 0 && { uid, gid }) });
  }

  close(): void {
    this.#runner.close();
  }
}
