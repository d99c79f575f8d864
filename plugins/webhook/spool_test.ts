import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { segmentOf, Spool, type SpoolOptions } from "./spool.ts";

const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const log = () => {};
const OPTIONS: SpoolOptions = { limit: 1 << 20, sync: 1000, log };

async function inFolder(test: (folder: string) => void | Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    await test(`${parent}/spool`);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

const line = (number: number) => JSON.stringify({ number, filler: "x".repeat(80) });
const numbersOf = (lines: readonly string[]) => lines.map((text) => JSON.parse(text).number as number);

/** Takes all that is there, in batches. */
function drain(spool: Spool, count = 7): number[] {
  const numbers: number[] = [];
  while (!spool.isEmpty) {
    numbers.push(...numbersOf(spool.take(count, 100_000)));
    spool.done();
  }
  return numbers;
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

Deno.test("lines come out in their order, over many segments, and are gone then", () =>
  inFolder((folder) => {
    const spool = Spool.open(folder, { ...OPTIONS, segment: 500 });
    for (const number of range(0, 50)) spool.append([line(number)]);
    ok([...Deno.readDirSync(folder)].length > 8);
    deepEqual(drain(spool), range(0, 50));
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort().slice(1), ["cursor", "lock"]);
    equal(spool.lost, 0);
    spool.close();
  }));

Deno.test("what was not done with is there in the next life, what was done with is not", () =>
  inFolder((folder) => {
    const first = Spool.open(folder, { ...OPTIONS, segment: 500 });
    first.append(range(0, 20).map(line));
    first.append(range(20, 30).map(line));
    deepEqual(numbersOf(first.take(12, 100_000)), range(0, 12));
    first.done();
    deepEqual(numbersOf(first.take(3, 100_000)), [12, 13, 14]);
    first.close();
    const second = Spool.open(folder, OPTIONS);
    second.append([line(30)]);
    deepEqual(drain(second), range(12, 31));
    equal(second.lost, 0);
    second.close();
  }));

Deno.test("where it is full the oldest are dropped and counted, also those that are being sent", () =>
  inFolder((folder) => {
    const told: string[] = [];
    const spool = Spool.open(folder, {
      ...OPTIONS,
      limit: 4000,
      segment: 500,
      log: (_, text) => told.push(text),
    });
    spool.append([line(0), line(1)]);
    deepEqual(numbersOf(spool.take(2, 100_000)), [0, 1]);
    for (const number of range(2, 200)) spool.append([line(number)]);
    spool.done();
    const left = drain(spool);
    deepEqual(left, range(200 - left.length, 200));
    equal(left.length + spool.lost, 200);
    ok(left.length * line(100).length <= 4000);
    deepEqual(told, [`Notifications are lost: ${folder}: it holds no more; the oldest are dropped`]);
    spool.close();
  }));

Deno.test("a line that was half written, or is no JSON any more, is left out and counted", () =>
  inFolder((folder) => {
    const first = Spool.open(folder, OPTIONS);
    first.append(range(0, 3).map(line));
    first.close();
    const [segment] = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".jsonl"));
    const path = `${folder}/${segment!.name}`;
    Deno.writeTextFileSync(path, `\0\0\0\n${line(3)}\n{"number":4,"fil`, { append: true });
    const second = Spool.open(folder, OPTIONS);
    second.append([line(5)]);
    deepEqual(drain(second), [0, 1, 2, 3, 5]);
    equal(second.lost, 2);
    second.close();
  }));

Deno.test("a line that is longer than a batch comes alone", () =>
  inFolder((folder) => {
    const spool = Spool.open(folder, OPTIONS);
    spool.append([JSON.stringify({ number: 0, filler: "y".repeat(5000) }), line(1)]);
    deepEqual(numbersOf(spool.take(10, 200)), [0]);
    spool.done();
    deepEqual(numbersOf(spool.take(10, 200)), [1]);
    spool.close();
  }));

Deno.test("a folder has one owner, and nobody else may write to it", () =>
  inFolder((folder) => {
    const spool = Spool.open(folder, OPTIONS);
    equal(Deno.statSync(folder).mode! & 0o777, 0o700);
    throws(() => Spool.open(folder, OPTIONS), {
      message: `Cannot keep notifications in ${folder}: another snet uses it`,
    });
    spool.close();
    Deno.chmodSync(folder, 0o777);
    throws(() => Spool.open(folder, OPTIONS), {
      message:
        `Cannot keep notifications in ${folder}: others may write to ${folder}; choose a folder of root alone, such as /var/lib/snet/webhook`,
    });
  }));

Deno.test("a process that is killed has kept every line that it was given", () =>
  inFolder(async (folder) => {
    const program = `import { Spool } from ${JSON.stringify(import.meta.resolve("./spool.ts"))};
      const spool = Spool.open(Deno.args[0], { limit: 1 << 24, segment: 4096, sync: 100000, log() {} });
      for (let number = 0;; number++) {
        spool.append([JSON.stringify({ number })]);
        if (number % 1000 === 999) console.log(number);
      }`;
    const script = `${folder}.ts`;
    await Deno.writeTextFile(script, program);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", "--no-check", "--quiet", "--config", CONFIG, script, folder],
      stdout: "piped",
    }).spawn();
    let said = "";
    const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (said.split("\n").length < 4) {
      const { value, done } = await output.read();
      if (done) throw new Error("The process has ended by itself");
      said += value;
    }
    child.kill("SIGKILL");
    await child.status;
    await output.cancel();
    const spool = Spool.open(folder, OPTIONS);
    const numbers = drain(spool, 1000);
    deepEqual(numbers, range(0, numbers.length));
    ok(numbers.length > 2999, `${numbers.length} lines`);
    spool.close();
  }));

Deno.test("a segment that cannot be removed is told of, and what follows is sent all the same", () =>
  inFolder((folder) => {
    const told: string[] = [];
    const spool = Spool.open(folder, { ...OPTIONS, segment: 500, log: (_, message) => told.push(message) });
    for (const number of range(0, 12)) spool.append([line(number)]);
    const first = `${folder}/0000000000000001.jsonl`;
    const taken = numbersOf(spool.take(100, 100_000));
    Deno.removeSync(first);
    Deno.mkdirSync(`${first}/full`, { recursive: true });
    spool.done();
    equal(told.length, 1);
    deepEqual([...taken, ...drain(spool)], range(0, 12));
    spool.close();
  }));

Deno.test("segments stay small however large a spool may be", () => {
  equal(segmentOf(64 << 20), 8 << 20);
  equal(segmentOf(65_536 * 2 ** 20), 8 << 20);
  equal(segmentOf(800), 100);
});

Deno.test("segments that somebody removes are lost and counted, and what comes afterwards is kept", () =>
  inFolder((folder) => {
    const spool = Spool.open(folder, { ...OPTIONS, segment: 500, limit: 3000 });
    spool.append([line(0)]);
    Deno.removeSync(`${folder}/0000000000000001.jsonl`);
    deepEqual(spool.take(7, 100_000), []);
    equal(spool.lost, 1);
    for (const number of range(1, 8)) spool.append([line(number)]);
    Deno.removeSync(`${folder}/0000000000000002.jsonl`);
    for (const number of range(8, 40)) spool.append([line(number)]);
    const left = drain(spool);
    deepEqual(left, range(left[0]!, 40));
    ok(left.length >= 12);
    spool.close();
  }));
