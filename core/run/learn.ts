/** `snet run --learn`: allows everything, and remembers what it takes to write a rule for just this. */

import { accessSync, constants } from "node:fs";
import { dirname } from "node:path";
import type { SnetEvent } from "../event.ts";
import type { PluginInstance } from "../plugin.ts";
import { allow } from "../verdict.ts";
import type { PortSpan } from "../rule_file/draft.ts";
import { type LearnedCall, learnedCall, type LearnedProgram, SeenPorts } from "./learn_call.ts";
import { updateFile } from "../rule_file/text_file.ts";

/** What was learned of a program. */
export interface LearnedOfProgram {
  readonly program: LearnedProgram;
  /** How it was started when it was first seen; undefined where that is not known. */
  readonly cmdline: readonly string[] | undefined;
  /** Each call once, in the order in which they were seen. */
  readonly calls: readonly LearnedCall[];
}

/** What was learned of a run. */
export interface Learned {
  readonly programs: readonly LearnedOfProgram[];
  readonly ports: SeenPorts;
  /** Calls that were not kept, as there was no room for one that differs from all before. */
  readonly missed: number;
}

const LEARNING = allow("learning");

/** Calls that differ; whoever makes more tries all ports or addresses, and nobody reads such a file. */
const MOST_CALLS = 50_000;

/** Records every call; memory grows with those that differ, up to a limit. */
export class Learner implements Learned {
  /** The slow lane's part: it allows everything. */
  readonly instance: PluginInstance<"slow"> = {
    decide: (event) => {
      this.record(event);
      return LEARNING;
    },
  };
  readonly ports: SeenPorts = new SeenPorts();
  readonly #programs = new Map<string, LearnedOfProgram & { readonly calls: LearnedCall[] }>();
  readonly #known = new Set<string>();
  readonly #most: number;
  #missed = 0;

  /** `verifiedExe` says whether the path of an executable is that of the file which runs; `most` calls are kept. */
  constructor(readonly verifiedExe: (event: SnetEvent) => boolean, most = MOST_CALLS) {
    this.#most = most;
  }

  /** Keeps what a rule needs of an event. */
  record(event: SnetEvent): void {
    const call = learnedCall(event, this.ports, this.verifiedExe);
    const { program } = call;
    const known = JSON.stringify({ ...call, program: program.key });
    if (this.#known.has(known)) return;
    if (this.#known.size >= this.#most) {
      this.#missed++;
      return;
    }
    this.#known.add(known);
    const learned = this.#programs.get(program.key);
    if (learned !== undefined) learned.calls.push(call);
    else this.#programs.set(program.key, { program, cmdline: event.task.cmdline, calls: [call] });
  }

  get programs(): readonly LearnedOfProgram[] {
    return [...this.#programs.values()];
  }

  get missed(): number {
    return this.#missed;
  }
}

/** What Linux takes where nothing is said (ip-sysctl.rst). */
const USUAL_RANGE: PortSpan = { first: 32768, last: 60999 };

/** Where the kernel takes ports from that nobody asked for, of the network namespace that this process is in. */
export function localPortRange(path = "/proc/sys/net/ipv4/ip_local_port_range"): PortSpan {
  try {
    const [first, last] = Deno.readTextFileSync(path).trim().split(/\s+/).map(Number);
    return first! <= last! ? { first: first!, last: last! } : USUAL_RANGE;
  } catch {
    return USUAL_RANGE;
  }
}

/** Throws an Error of one line where rules could not be written to a file when the program has ended. */
export async function checkLearnFile(path: string): Promise<void> {
  let isNew = true;
  await updateFile(path, (text) => {
    isNew = text === undefined;
    if (text !== undefined && text.trim() !== "") {
      throw new Error(`${path} is there already and not empty: what is learned takes a file of its own`);
    }
    return text;
  });
  if (!isNew) return;
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch {
    throw new Error(`Cannot write ${path}: no file can be made in that folder`);
  }
}

/** Arguments of programs stand in the file, and may be secret. */
const PRIVATE = 0o600;
/** Names that are tried where a file has come into being meanwhile. */
const NAMES = 100;

/** Writes what was learned; returns where to: another file where this one is not empty any more. Throws an Error of one line. */
export async function writeLearned(path: string, text: string): Promise<string> {
  for (let number = 0; number < NAMES; number++) {
    const name = number === 0 ? path : `${path}.${number}`;
    let isFree = false;
    await updateFile(name, (old = "") => {
      isFree = old.trim() === "";
      return isFree ? text : undefined;
    }, PRIVATE);
    if (isFree) return name;
  }
  throw new Error(`Cannot write ${path}: it is there already, and so is ${path}.${NAMES - 1}`);
}
