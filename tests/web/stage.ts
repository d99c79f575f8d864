/** The page as the daemon serves it, with questions and decisions of the test, and browsers that look at it. */

import type { Observation, TicketJson } from "../../core/control/api.ts";
import { controlApp, type Controlled, startOfNumbers } from "../../core/control/app.ts";
import { eventJson } from "../../core/control/json.ts";
import type { Peer } from "../../core/control/peer.ts";
import { ProcessFacts } from "../../core/process/process_facts.ts";
import type { Asking } from "../../core/plugin.ts";
import type { PlacedDesk } from "../../core/questions/desks.ts";
import { Desks } from "../../core/questions/desks.ts";
import type { World } from "../../core/questions/may_answer.ts";
import { FakeProcesses, peer, world as testWorld } from "../../core/questions/testing.ts";
import { event, type EventInit } from "../../core/testing.ts";
import type { Verdict } from "../../core/verdict.ts";
import type { Page as ServedPage } from "../../core/web/page.ts";
import { Desk } from "../../plugins/ask/desk.ts";
import { openPage } from "../../web/page.ts";

/** The user at the browser, and whose programs ask. */
const ADA = 1000;
const TICK = 10_000_000n;

/** What a test says of the stage. */
export interface StageOptions {
  readonly role?: "read" | "answer" | "admin";
  /** Whether answers for always are offered. */
  readonly canSave?: boolean;
}

/** A call that waits for an answer at the page. */
export interface Held {
  /** What was answered; undefined for nothing. */
  readonly verdict: Promise<Verdict | undefined>;
  /** Its program ends. */
  readonly end: () => void;
}

/** A program's call, in the words of a test. */
export interface Call {
  readonly exe?: string;
  readonly ip?: string;
  readonly port?: number;
  readonly pid?: number;
  readonly why?: string;
  /** Milliseconds until it is decided otherwise. */
  readonly time?: number;
}

/** The daemon as far as the page sees it. */
export class Stage implements AsyncDisposable {
  readonly rules: unknown[] = [];
  readonly #observers = new Set<(observation: Observation) => void>();
  readonly #processes = new FakeProcesses({
    1: { parent: 0, isInit: true },
    42: { start: 100, uid: ADA },
    50: { start: 50 },
  });
  readonly #commands = new Map<number, readonly string[]>();
  readonly #places = new Map<number, string>();
  readonly #facts = new ProcessFacts({
    processes: this.#processes,
    commands: { of: (pid) => Promise.resolve(this.#commands.get(pid)) },
    cgroupPath: (_, pid) => this.#places.get(pid),
    userName: () => "ada",
    now: Date.now,
  });
  /** Names behind addresses, as a resolver has told them. */
  readonly names = new Map<string, readonly (readonly string[])[]>();
  /** What the kernel answers without asking. */
  tickets: readonly TicketJson[] = [];
  readonly #world: World = testWorld(this.#processes, { userName: () => "ada" });
  readonly #desks = new Desks(this.#world);
  readonly #desk: Desk;
  #placed: readonly PlacedDesk[];
  readonly #timers: ReturnType<typeof setTimeout>[] = [];
  #ids = 0;
  #page: ServedPage | undefined;
  readonly #role: NonNullable<StageOptions["role"]>;

  private constructor({ role = "answer", canSave = true }: StageOptions) {
    this.#role = role;
    this.#desk = new Desk({
      undecided: new Set(),
      most: 100,
      mostOfUser: 100,
      save: canSave ? "/etc/snet/rules.d/10-answers.yaml" : undefined,
      longest: 86_400_000,
      clientOf: undefined,
      netns: undefined,
      isRun: false,
      lasting: () => performance.now(),
      lastingUsers: new Set([ADA]),
      lastingGroups: new Set(),
      processes: this.#processes,
      verifiedExe: () => true,
      names: ({ remote }) => this.names.get(remote?.ip ?? ""),
      addRule: (rule) => Promise.resolve(void this.rules.push(rule)),
      dropTickets: () => {},
      userName: () => "ada",
      clock: Date.now,
      now: () => performance.now(),
      newId: () => `q${++this.#ids}`,
    });
    this.#placed = [{ desk: this.#desk, instead: () => "deny" }];
    this.#desks.load(this.#placed);
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const stage = new Stage(options);
    await stage.serve();
    return stage;
  }

  /** Begins to serve the page, on the same port as before where there was one. */
  async serve(port = 0): Promise<void> {
    const controlled = {
      questions: this.#desks,
      observe: (observer: (observation: Observation) => void) => {
        this.#observers.add(observer);
        return () => this.#observers.delete(observer);
      },
      processes: this.#facts,
      tickets: () => ({ tickets: this.tickets }),
    };
    // The page asks this daemon for nothing else.
    const control = controlApp(controlled as unknown as Controlled, 0, startOfNumbers());
    this.#page = await openPage({
      config: { listen: { host: "127.0.0.1", port }, socket: undefined, names: [], tls: undefined },
      gid: undefined,
      control,
      world: this.#world,
      log: () => {},
    });
  }

  /** The daemon ends, and with it all sessions. */
  async stop(): Promise<void> {
    await this.#page?.[Symbol.asyncDispose]();
    this.#page = undefined;
  }

  get port(): number {
    return Number(new URL(this.#page!.addresses[0]!).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** A link that works once. */
  link(role = this.#role): string {
    return this.#page!.logins.invite(this.#ada, role).link;
  }

  get #ada(): Peer {
    return peer(this.#processes, 42, this.#role === "admin" ? 0 : ADA);
  }

  /** A configuration is taken over, with or without the plugin that asks people. */
  reload({ asks = true } = {}): void {
    this.#desks.load(asks ? this.#placed : []);
  }

  /** A program calls, and is held until somebody answers. */
  hold(
    { exe = "/usr/bin/curl", ip = "192.0.2.1", port = 443, pid = 100, why = "new", time }: Call = {},
  ): Held {
    const start = 1000;
    this.#processes.set(pid, { start, exe, uid: ADA });
    const control = new AbortController();
    const end = () => control.abort();
    // As the slow lane does.
    if (time !== undefined) this.#timers.push(setTimeout(end, time));
    const verdict = Promise.resolve(this.#desk.decide(
      event({
        task: { pid, ppid: 1, uid: ADA, startTime: BigInt(start) * TICK, exe, comm: nameOf(exe) },
        remote: { ip, port },
      }),
      {
        signal: control.signal,
        deadline: time === undefined ? Infinity : performance.now() + time,
        calls: 1,
        asked: { plugin: "rules", rule: 0, why },
      } satisfies Asking,
    ));
    return { verdict, end };
  }

  /** A program runs, as a child of others; gives what its calls say of it. */
  run(
    { pid = 100, exe = "/usr/bin/curl", command, place, parents = [] }: Running,
  ): EventInit["task"] & object {
    const start = 1000;
    [{ pid, exe }, ...parents].forEach(({ pid, exe }, index) =>
      this.#processes.set(pid, { start: start - index, exe, uid: ADA, parent: parents[index]?.pid ?? 1 })
    );
    if (command !== undefined) this.#commands.set(pid, command);
    if (place !== undefined) this.#places.set(pid, place);
    return { pid, exe, startTime: BigInt(start) * TICK };
  }

  /** A program ends. */
  end(pid: number): void {
    this.#processes.set(pid, undefined);
  }

  /** Decisions are made. */
  decide(...decisions: readonly Decided[]): void {
    for (const decided of decisions) {
      const observation = observationOf(decided);
      for (const observe of this.#observers) observe(observation);
    }
  }

  /** Streams that all browsers together follow. */
  get streams(): number {
    return this.#page!.logins.list({ uid: 0 }).sessions.reduce((sum, { streams }) => sum + streams, 0);
  }

  /** Everybody is logged out. */
  logOut(): void {
    this.#page!.logins.end({ uid: 0 }, undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timers.forEach(clearTimeout);
    this.#desk.close();
    await this.stop();
  }
}

/** A program that runs, in the words of a test. */
export interface Running {
  readonly pid?: number;
  readonly exe?: string;
  readonly command?: readonly string[];
  /** Path of its cgroup. */
  readonly place?: string;
  /** The parent first. */
  readonly parents?: readonly { readonly pid: number; readonly exe: string }[];
}

/** A decision, in the words of a test. */
export interface Decided {
  readonly exe?: string;
  readonly ip?: string;
  readonly port?: number;
  readonly action?: "allow" | "deny";
  readonly why?: string;
  readonly task?: EventInit["task"];
  readonly more?: Partial<Observation>;
}

function observationOf(
  { exe = "/usr/bin/curl", ip = "192.0.2.1", port = 443, ...rest }: Decided,
): Observation {
  const { action = "allow", why = "the web", task, more } = rest;
  return {
    time: new Date().toISOString(),
    event: eventJson(event({
      task: { pid: 100, uid: ADA, exe, comm: nameOf(exe), ...task },
      remote: { ip, port },
    })),
    asked: true,
    action,
    why,
    ...(action === "deny" && { errno: 1, errnoName: "EPERM" }),
    cause: "verdict",
    plugin: "rules",
    rule: { number: 0, name: "web", where: "/etc/snet/rules.d/web.yaml:3:5" },
    remember: 60_000,
    held: 54,
    ...more,
  };
}

function nameOf(exe: string): string {
  return exe.slice(exe.lastIndexOf("/") + 1, exe.lastIndexOf("/") + 16);
}
