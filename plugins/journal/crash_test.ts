import assert from "node:assert/strict";
import { withJournal } from "./fixture.ts";
import { numberOf, openToRead, openToWrite } from "./schema.ts";

const BATCH = 250;

/** Runs the program of crash_fixture.ts, and kills it while it writes: after it has said so many batches. */
async function killAfter(path: string, batches: number): Promise<number> {
  const program = new URL("crash_fixture.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", program, path, String(BATCH)],
    stdout: "piped",
  }).spawn();
  let said = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    said += text.split("\n").length - 1;
    if (said >= batches) child.kill("SIGKILL");
  }
  assert.equal((await child.status).signal, "SIGKILL");
  return said;
}

Deno.test("whoever writes is killed: nothing that was written is lost, nothing is half there", () =>
  withJournal(async (path) => {
    let written = 0;
    // At different moments, also while the oldest make room, and each time on top of what the last one left.
    for (const batches of [1, 3, 7, 15, 25]) {
      written += BATCH * await killAfter(path, batches);
      const { database, isFrozen } = openToRead(path);
      try {
        assert.equal(isFrozen, false);
        assert.equal(database.prepare("PRAGMA integrity_check").get()!.integrity_check, "ok");
        const last = numberOf(database, "SELECT max(id) FROM decisions");
        const count = numberOf(database, "SELECT count(*) FROM decisions");
        assert.ok(last >= written, `${last} of ${written}`);
        assert.deepEqual([last % BATCH, count % BATCH], [0, 0]);
        assert.equal(numberOf(database, "SELECT count(*) FROM words WHERE words MATCH 'curl'"), count);
        written = last;
      } finally {
        database.close();
      }
      const again = openToWrite(path);
      again.exec("INSERT INTO words (words) VALUES ('integrity-check')");
      again.close();
    }
  }));
