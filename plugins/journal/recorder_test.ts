import assert from "node:assert/strict";
import { row, type RowInit, StandIn, START, Tasks, withJournal } from "./fixture.ts";
import { JournalReader } from "./reader.ts";
import { Recorder } from "./recorder.ts";
import { writeWhatComes } from "./thread.ts";

interface Scene {
  readonly recorder: Recorder;
  readonly path: string;
  readonly tasks: Tasks;
  readonly threads: StandIn[];
  readonly log: string[];
  /** Adds decisions about processes of these ids. */
  add(...pids: number[]): void;
  /** Lets everything happen that is due. */
  settle(): void;
  /** The process ids that the journal has. */
  written(): number[];
}

/** A recorder whose thread writes for real, when the scene says so. */
function scene(run: (scene: Scene) => void, init: RowInit = {}): Promise<void> {
  return withJournal((path) => {
    const tasks = new Tasks();
    const threadTasks = new Tasks();
    const threads: StandIn[] = [];
    const log: string[] = [];
    const start = () => {
      const thread = new StandIn((port) => writeWhatComes(port, () => START, threadTasks.later));
      threads.push(thread);
      return thread;
    };
    const recorder = new Recorder({
      path,
      limits: { size: 1e9, age: 1e12 },
      start,
      log: (level, message) => log.push(`${level}: ${message.replaceAll(path, "DB")}`),
      later: tasks.later,
    });
    const add = (...pids: number[]) => {
      for (const pid of pids) recorder.add(row({ ...init, task: { pid } }), START + pid + 0.25);
    };
    const settle = () => {
      tasks.run();
      while (threads.at(-1)?.work());
    };
    run({
      ...{ recorder, path, tasks, threads, log, add, settle },
      written() {
        using reader = new JournalReader(path);
        return reader.after(0, 1e6, {}).map(({ observation }) => observation.event.task.pid);
      },
    });
  });
}

Deno.test("decisions gather for a moment and are written together", () =>
  scene(({ add, recorder, threads, tasks, settle, written }) => {
    assert.equal(threads.length, 0);
    add(1, 2, 3);
    assert.equal(threads.length, 0);
    tasks.run();
    assert.equal(threads[0]!.messages.length, 1);
    settle();
    assert.deepEqual(written(), [1, 2, 3]);
    recorder.close();
  }));

Deno.test("while the thread is busy decisions wait, and are written in their order", () =>
  scene(({ add, recorder, tasks, threads, settle, written }) => {
    add(1);
    tasks.run();
    add(2, 3);
    tasks.run();
    assert.equal(threads[0]!.messages.length, 1);
    settle();
    assert.deepEqual(written(), [1, 2, 3]);
    recorder.close();
  }));

Deno.test("at the end what waits is written, and what the thread has not a second time", () =>
  scene(({ add, recorder, tasks, threads, written }) => {
    add(1);
    tasks.run();
    add(2);
    recorder.close();
    assert.deepEqual(written(), [1, 2]);
    assert.equal(threads[0]!.isTerminated, true);
  }));

Deno.test("one that was never told of anything starts no thread", () =>
  scene(({ recorder, threads }) => {
    recorder.close();
    assert.equal(threads.length, 0);
  }));

Deno.test("what cannot be written waits, is told once, and is written when it can be", () =>
  scene(({ add, recorder, path, settle, log, written }) => {
    Deno.writeTextFileSync(path, "another file is in the way of the journal".repeat(100));
    add(1);
    settle();
    add(2);
    settle();
    const failed =
      "error: Journal: Cannot write to DB: DB is no journal of snet; decisions wait until it can be, as " +
      "far as there is room";
    assert.deepEqual(log, [failed]);
    assert.deepEqual(recorder.counts, { written: 0, waiting: 2, failures: 2, dropped: 0 });
    Deno.removeSync(path);
    settle();
    assert.deepEqual(written(), [1, 2]);
    assert.deepEqual(log, [failed, "info: Journal: Writing to DB keeps up again; nothing is missing"]);
    recorder.close();
  }));

Deno.test("what there is no room for is left out, counted and told once", () =>
  scene(({ add, recorder, path, settle, log, written }) => {
    // Each takes some 8,000 characters, and there is room for 16 million of them.
    const pids = Array.from({ length: 3000 }, (_, index) => index + 1);
    add(...pids);
    assert.deepEqual(log, ["warning: Journal: Writing to DB takes too long; decisions are left out of it"]);
    settle();
    const there = written();
    assert.deepEqual(there, pids.slice(0, there.length));
    const left = 3000 - there.length;
    assert.ok(left > 0);
    assert.deepEqual(recorder.counts, { written: there.length, waiting: 0, failures: 0, dropped: left });
    assert.equal(log[1], `info: Journal: Writing to DB keeps up again; ${left} decisions are missing`);
    using reader = new JournalReader(path);
    const missing = [{ since: START + there.length + 1, until: START + 3000, count: left }];
    assert.deepEqual(reader.missing(0, Infinity).map((each) => ({ ...each })), missing);
    add(3001);
    settle();
    assert.equal(written().at(-1), 3001);
    assert.equal(reader.missing(0, Infinity).length, 1);
    recorder.close();
  }, { name: "snet.sendmsg", payload: "x".repeat(4000), keepPayload: true }));

Deno.test("a thread that dies is started again, and writes what it had", () =>
  scene(({ add, recorder, tasks, threads, settle, log, written }) => {
    add(1);
    tasks.run();
    threads[0]!.onerror!(new ErrorEvent("error", { message: "out of memory", cancelable: true }));
    assert.match(log[0]!, /^error: .*its thread died: out of memory/);
    settle();
    assert.equal(threads.length, 2);
    assert.deepEqual(written(), [1]);
    recorder.close();
  }));

Deno.test("what cannot be written at the end is said", () =>
  scene(({ add, recorder, path, log }) => {
    Deno.mkdirSync(path);
    add(1, 2);
    recorder.close();
    assert.deepEqual(log, ["error: Journal: 2 decisions could not be written to DB any more"]);
  }));

Deno.test("a journal that was taken away is made anew", () =>
  scene(({ add, recorder, path, settle, written }) => {
    add(1);
    settle();
    for (const end of ["", "-wal", "-shm"]) Deno.renameSync(path + end, `${path}.old${end}`);
    add(2);
    settle();
    assert.deepEqual(written(), [2]);
    recorder.close();
  }));
