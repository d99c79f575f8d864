import { deepEqual, equal } from "node:assert/strict";
import { ERRNO, Signal } from "../../ffi/mod.ts";
import { Leftovers, type World } from "./leftovers.ts";
import type { ProcessEntry } from "../process_tree.ts";

const SELF = 1;

function entry(pid: number, parent = SELF, state = "S"): ProcessEntry {
  return { pid, parent, group: pid, state, startTime: BigInt(pid) };
}

/** A machine of processes whose answer to signals is told; its time passes when somebody waits. */
class Machine implements World {
  readonly sent: string[] = [];
  #now = 0;

  constructor(
    public table: ProcessEntry[],
    readonly onSignal: (process: ProcessEntry, signal: number, machine: Machine) => number = () => 0,
  ) {}

  now(): number {
    return this.#now;
  }

  processes(): readonly ProcessEntry[] {
    return this.table;
  }

  signal(process: ProcessEntry, signal: number): number {
    const name = Object.entries(Signal).find(([, number]) => number === signal)?.[0];
    this.sent.push(`${name} ${process.pid}`);
    return this.onSignal(process, signal, this);
  }

  childEnded(timeout = 1000): Promise<void> {
    this.#now += timeout;
    return Promise.resolve();
  }

  end(pid: number): void {
    this.table = this.table.filter((process) => process.pid !== pid);
  }
}

/** Starts to look before the program is there, and then lets it have left these. */
function leaving(processes: ProcessEntry[], onSignal?: Machine["onSignal"]): [Leftovers, Machine] {
  const machine = new Machine([], onSignal);
  const leftovers = new Leftovers(machine, SELF);
  machine.table = processes;
  return [leftovers, machine];
}

Deno.test("leftovers: those that were there before, theirs, and zombies are none", () => {
  const machine = new Machine([entry(2)]);
  const leftovers = new Leftovers(machine, SELF);
  machine.table = [entry(2), entry(3, 2), entry(4), entry(5, 4), entry(6, SELF, "Z")];
  deepEqual(leftovers.list().map(({ pid }) => pid), [4, 5]);
});

Deno.test("leftovers: who ends on SIGTERM is not killed, and is told once", async () => {
  const [leftovers, machine] = leaving([entry(4), entry(5, 4)], (process, signal, machine) => {
    if (signal === Signal.CONT) machine.end(process.pid);
    return 0;
  });
  deepEqual(await leftovers.end(), []);
  deepEqual(machine.sent, ["TERM 4", "CONT 4", "TERM 5", "CONT 5"]);
});

Deno.test("leftovers: who does not end on SIGTERM is killed after two seconds", async () => {
  const [leftovers, machine] = leaving([entry(4)], (process, signal, machine) => {
    if (signal === Signal.KILL) {
      equal(machine.now(), 2000);
      machine.end(process.pid);
    }
    return 0;
  });
  deepEqual(await leftovers.end(), []);
  deepEqual(machine.sent, ["TERM 4", "CONT 4", "KILL 4"]);
});

Deno.test("leftovers: who is started meanwhile is ended too", async () => {
  const [leftovers, machine] = leaving([entry(4)], (process, signal, machine) => {
    if (signal !== Signal.KILL) return 0;
    machine.end(process.pid);
    if (process.pid < 7) machine.table.push(entry(process.pid + 1));
    return 0;
  });
  deepEqual(await leftovers.end(), []);
  deepEqual(machine.sent.slice(2), ["KILL 4", "KILL 5", "KILL 6", "KILL 7"]);
});

Deno.test("leftovers: who cannot be signalled is not waited for", async () => {
  const [leftovers, machine] = leaving([entry(4)], () => -ERRNO.EPERM);
  deepEqual((await leftovers.end()).map(({ pid }) => pid), [4]);
  equal(machine.now(), 0);
});

Deno.test("leftovers: who cannot be killed is given up after seven seconds", async () => {
  const [leftovers, machine] = leaving([entry(4, SELF, "D")]);
  deepEqual((await leftovers.end()).map(({ pid }) => pid), [4]);
  equal(machine.now(), 7000);
});

Deno.test("leftovers: waiting ends with the last of them", async () => {
  const [leftovers, machine] = leaving([entry(4), entry(5, 4)]);
  machine.childEnded = () => {
    machine.end(machine.table[0]!.pid);
    machine.table = machine.table.map(({ pid }) => entry(pid));
    return Promise.resolve();
  };
  await leftovers.gone();
  deepEqual([machine.table, machine.sent], [[], []]);
});
