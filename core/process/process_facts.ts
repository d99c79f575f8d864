/**
 * Who a process is, for people who look at a decision: what it was told to do, where it comes from, in which unit it runs. Found
 * out beside the verdict path: soon after the decision, as many programs end at once, and again when somebody asks.
 */

import { commandText, printableWord } from "../cli/describe.ts";
import type { UserName } from "../cli/users.ts";
import type { Observation, ParentJson, PlaceJson, ProcessJson } from "../control/api.ts";
import { CgroupPaths } from "../cgroup.ts";
import { ticksOf } from "../questions/may_answer.ts";
import { parentsOf, type Processes, procfs } from "../questions/processes.ts";
import { placeOf } from "./cgroup_place.ts";
import { CommandLines } from "./command_lines.ts";
import { scriptOf } from "./script.ts";

/** Processes that are remembered: with arguments of 4 KB, 4 MB. */
const MOST_KNOWN = 1000;
/** Processes that are looked at by themselves in a second: a look takes some 0.3 ms. */
const MOST_LOOKS = 50;
const SECOND = 1000;
/** Parents that are told. */
const MOST_PARENTS = 6;

/** What it depends on. */
export interface ProcessFactsParts {
  readonly processes: Processes;
  readonly commands: Pick<CommandLines, "of">;
  /** Path of a cgroup in which a process is; absent where there are no cgroups. */
  readonly cgroupPath?: ((id: bigint, pid: number) => string | undefined) | undefined;
  readonly userName: UserName;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
}

type Task = Observation["event"]["task"];

/** What a look has brought; not yet fit to be told to everybody. */
interface Look {
  readonly state: ProcessJson["state"];
  readonly seen: number;
  readonly program?: string;
  readonly argv?: readonly string[];
  readonly parents?: readonly ParentJson[];
  readonly place?: PlaceJson;
}

export class ProcessFacts {
  readonly #parts: ProcessFactsParts;
  /** What was found out while the process ran that program; undefined while it is being found out. */
  readonly #known = new Map<string, Look | undefined>();
  #looks = 0;
  #since = -Infinity;

  constructor(parts: ProcessFactsParts) {
    this.#parts = parts;
  }

  /** Of this machine, as this process sees it. */
  static ofSelf(userName: UserName): ProcessFacts {
    const cgroups = CgroupPaths.ofSystem();
    return new ProcessFacts({
      processes: procfs,
      commands: new CommandLines(),
      cgroupPath: cgroups && ((id, pid) => cgroups.path(id, pid)),
      userName,
      now: Date.now,
    });
  }

  /** A decision was made just now: looks at whose it was, unless it is known or there are very many. */
  note({ client, event: { task } }: Pick<Observation, "client" | "event">): void {
    if (client !== undefined || this.#known.has(keyOf(task))) return;
    const now = this.#parts.now();
    if (now - this.#since >= SECOND || now < this.#since) [this.#looks, this.#since] = [0, now];
    if (++this.#looks > MOST_LOOKS) return;
    void this.#look(task);
  }

  /** What is known of whoever called, to be told to `viewer`, a uid. */
  async of({ client, event: { task } }: Observation, viewer: number | undefined): Promise<ProcessJson> {
    if (client !== undefined) return { state: "elsewhere" };
    const { state, program, ...look } = await this.#look(task);
    const known = state === "runs" ? look : this.#known.get(keyOf(task)) ?? look;
    const mayRead = viewer === 0 || viewer === task.uid;
    return {
      state,
      ...(program !== undefined && { program: printableWord(program) }),
      ...this.#told(known, task, mayRead),
    };
  }

  #told(
    { seen, argv = [], parents, place }: Omit<Look, "state">,
    task: Task,
    mayRead: boolean,
  ): Omit<ProcessJson, "state"> {
    const { uid, loginuid = uid, exe } = task;
    const words = task.cmdline ?? argv;
    const script = exe === undefined ? undefined : scriptOf(exe, words);
    return {
      ...(parents !== undefined && { seen: new Date(seen).toISOString() }),
      ...(words.length > 0 && (mayRead ? { command: commandText(words) } : { isWithheld: true })),
      ...(script !== undefined && mayRead && { script: commandText([script]) }),
      ...(parents !== undefined && { parents }),
      ...(loginuid !== uid && { loginUser: printableWord(this.#parts.userName(loginuid)) }),
      ...(place !== undefined && { place }),
    };
  }

  async #look(task: Task): Promise<Look> {
    const { processes, commands, now } = this.#parts;
    const { pid, uid } = task;
    const key = keyOf(task);
    const seen = now();
    const before = this.#stateOf(task);
    if (before.state !== "runs") return { ...before, seen };
    if (!this.#known.has(key)) this.#remember(key, undefined);
    const parents = parentsOf(pid, processes, MOST_PARENTS).map(({ pid, exe }): ParentJson => ({
      pid,
      ...(exe !== undefined && { exe: printableWord(exe) }),
    }));
    const place = this.#placeOf(task);
    const first = this.#stateOf(task);
    // Its number may be another's, and its place another program's: what was read meanwhile is theirs then.
    if (first.state !== "runs") return { ...first, seen };
    const found = { state: "runs", seen, parents, ...(place !== undefined && { place }) } as const;
    this.#remember(key, { ...this.#known.get(key), ...found });
    const argv = await commands.of(pid, uid);
    const then = this.#stateOf(task);
    if (then.state !== "runs") return { ...then, seen };
    const look: Look = argv === undefined ? found : { ...found, argv };
    this.#remember(key, { ...this.#known.get(key), ...look });
    return look;
  }

  #stateOf({ pid, startTime, exe }: Task): Pick<Look, "state" | "program"> {
    const process = this.#parts.processes.look(pid);
    const isSame = process?.startTime === ticksOf(BigInt(startTime)) && !process.hasEnded;
    if (!isSame) return { state: "ended" };
    const isOther = exe !== undefined && process.exe !== undefined && process.exe !== exe;
    return isOther ? { state: "changed", program: process.exe! } : { state: "runs" };
  }

  #placeOf({ cgroup, pid }: Task): PlaceJson | undefined {
    const path = this.#parts.cgroupPath?.(BigInt(cgroup), pid);
    return path === undefined ? undefined : printablePlace(placeOf(path));
  }

  #remember(key: string, look: Look | undefined): void {
    this.#known.delete(key);
    if (this.#known.size >= MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, look);
  }
}

/** A process while it runs one program; no path holds a NUL. */
function keyOf({ pid, startTime, exe = "" }: Task): string {
  return `${pid}\0${startTime}\0${exe}`;
}

function printablePlace({ path, unit, userUnit, slice, container }: PlaceJson): PlaceJson {
  return {
    path: printableWord(path),
    ...(unit !== undefined && { unit: printableWord(unit) }),
    ...(userUnit !== undefined && { userUnit: printableWord(userUnit) }),
    ...(slice !== undefined && { slice: printableWord(slice) }),
    ...(container !== undefined && { container: { ...container, id: printableWord(container.id) } }),
  };
}
