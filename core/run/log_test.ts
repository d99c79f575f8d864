import assert from "node:assert/strict";
import { observation } from "../cli/samples.ts";
import type { Told } from "../feed.ts";
import { event } from "../testing.ts";
import { DecisionLog, type LogFile, openLog } from "./log.ts";

const names = [{ name: "rules", rules: [{ name: "web", where: "rules.yaml:3:5" }] }];
const form = { json: false, names, userName: () => "me" };
const told: Told = {
  event: event(),
  decision: {
    verdict: { action: "deny", why: "so", errno: 111 },
    plugin: "rules",
    rule: 0,
    cause: "verdict",
  },
  plugin: 0,
  held: 12.34,
  time: Date.UTC(2026, 0, 2),
};

/** A file in memory that takes a few bytes at a time, until `full`. */
class MemoryFile implements LogFile {
  text = "";
  full = false;
  closed = false;

  write(bytes: Uint8Array): Promise<number> {
    if (this.full) return Promise.reject(new Error("No space left on device (os error 28)"));
    const taken = bytes.subarray(0, 7);
    this.text += String.fromCharCode(...taken);
    return Promise.resolve(taken.length);
  }

  close(): void {
    this.closed = true;
  }
}

Deno.test("rows stand below their titles as watch prints them to a pipe", async () => {
  const file = new MemoryFile();
  const log = new DecisionLog("run.log", { file, isNew: true }, form);
  log.add(told);
  log.add(told);
  assert.equal(await log.close(0), undefined);
  const [header, ...rows] = file.text.split("\n");
  assert.match(header!, /^TIME +WHO +WHAT +VERDICT +BY +.*WHY$/);
  assert.equal(rows.length, 3);
  assert.equal(
    rows[0]!.slice("00:00:00.000".length).replaceAll(/ {2,}/g, "|"),
    "|/usr/bin/curl[4321] me|connect tcp 192.0.2.1:443|deny ECONNREFUSED|rules: web|12|so".replaceAll(
      "µ",
      "",
    ),
  );
  assert.equal(rows[2], "");
  assert.ok(file.closed);
});

Deno.test("titles are not repeated in a file that goes on", async () => {
  const file = new MemoryFile();
  const log = new DecisionLog("run.log", { file, isNew: false }, form);
  log.add(told);
  await log.close(0);
  assert.equal(file.text.split("\n").length, 2);
});

Deno.test("with JSON each line is the object that watch shows", async () => {
  const file = new MemoryFile();
  const log = new DecisionLog("run.log", { file, isNew: true }, { ...form, json: true });
  log.add(told);
  await log.close(0);
  const shown = JSON.parse(file.text);
  assert.deepEqual(
    [shown.time, shown.action, shown.errnoName, shown.rule, shown.held, shown.event.remote],
    [
      "2026-01-02T00:00:00.000Z",
      "deny",
      "ECONNREFUSED",
      { number: 0, name: "web", where: "rules.yaml:3:5" },
      12.3,
      { family: 2, ip: "192.0.2.1", port: 443 },
    ],
  );
  // A key that watch does not know would be none of its.
  assert.deepEqual(
    Object.keys(shown).filter((key) => !(key in observation({ errno: 1, errnoName: "" }))),
    [],
  );
});

Deno.test("what the ring dropped is said at the end of the log and to the person", async () => {
  const file = new MemoryFile();
  const log = new DecisionLog("run.log", { file, isNew: false }, form);
  assert.equal(await log.close(12), "12 decisions are missing in run.log: they came too fast");
  assert.equal(file.text, "12 decisions are missing here\n");
  const json = new MemoryFile();
  await new DecisionLog("run.log", { file: json, isNew: true }, { ...form, json: true }).close(1);
  assert.equal(json.text, '{"missing":1}\n');
});

Deno.test("a full disk is told once, with how many decisions it cost", async () => {
  const file = new MemoryFile();
  const log = new DecisionLog("run.log", { file, isNew: false }, form);
  file.full = true;
  log.add(told);
  assert.equal(await log.close(1), "2 decisions are missing in run.log: no space left on device");
  assert.ok(file.closed);
});

Deno.test("where the file is slower than the calls, memory stays bounded", async () => {
  const gate = Promise.withResolvers<void>();
  let written = 0;
  const file: LogFile = {
    async write(bytes) {
      await gate.promise;
      written += bytes.length;
      return bytes.length;
    },
    close() {},
  };
  const log = new DecisionLog("run.log", { file, isNew: false }, form);
  const long = { ...told, event: event({ task: { exe: `/${"x".repeat(2 ** 20)}` } }) };
  for (let i = 0; i < 20; i++) log.add(long);
  gate.resolve();
  assert.match((await log.close(0))!, /^13 decisions are missing/);
  assert.ok(written < 8 * 2 ** 20, `${written}`);
});

Deno.test("a file is added to, and one that cannot be is told in one line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/run.log`;
    for (let run = 0; run < 2; run++) {
      const log = new DecisionLog(path, openLog(path), form);
      log.add(told);
      await log.close(0);
    }
    const lines = Deno.readTextFileSync(path).trimEnd().split("\n");
    assert.deepEqual(lines.map((line) => /^TIME/.test(line)), [true, false, false]);
    assert.throws(() => openLog(folder), { message: `Cannot write ${folder}: is a directory` });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
