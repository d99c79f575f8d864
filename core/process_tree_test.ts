import { deepEqual, equal } from "node:assert/strict";
import { descendants, parseStat, type ProcessEntry, readProcess } from "./process_tree.ts";

Deno.test("process tree: a name may hold spaces, parentheses and digits", () => {
  const rest = "S 7 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 987654 1 1";
  deepEqual(parseStat(`42 (a) Z 1 (b)) ${rest}`), {
    pid: 42,
    parent: 7,
    group: 1,
    state: "S",
    startTime: 987654n,
  });
  equal(parseStat(""), undefined);
  equal(parseStat("42 (cut off"), undefined);
});

Deno.test("process tree: this process is found, one that is not there is not", () => {
  equal(readProcess(Deno.pid)?.pid, Deno.pid);
  equal(readProcess(Deno.pid)?.parent, Deno.ppid);
  equal(readProcess(0), undefined);
});

Deno.test("process tree: descendants of all degrees, without the children that are left out and theirs", () => {
  const entry = ([pid, parent]: readonly [number, number]): ProcessEntry => ({
    pid,
    parent,
    group: 1,
    state: "S",
    startTime: 1n,
  });
  const processes = ([[1, 0], [9, 8], [2, 1], [3, 2], [4, 1], [5, 4], [6, 3], [8, 2]] as const).map(entry);
  const pids = (except: number[]) => descendants(1, processes, new Set(except)).map(({ pid }) => pid).sort();
  deepEqual(pids([]), [2, 3, 4, 5, 6, 8, 9]);
  deepEqual(pids([4]), [2, 3, 6, 8, 9]);
  deepEqual(pids([2, 4]), []);
});
