import assert from "node:assert/strict";
import { utf8, utf8Bytes } from "../../ffi/mod.ts";
import { updateFile } from "./text_file.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const names = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).toSorted();

Deno.test("a new file is made, and nothing is left beside it", () =>
  inFolder(async (folder) => {
    await updateFile(`${folder}/rules.yaml`, (text) => (assert.equal(text, undefined), "a\n"), 0o600);
    assert.equal(Deno.readTextFileSync(`${folder}/rules.yaml`), "a\n");
    assert.equal(Deno.statSync(`${folder}/rules.yaml`).mode! & 0o777, 0o600);
    assert.deepEqual(names(folder), ["rules.yaml"]);
  }));

Deno.test("a changed file is another one with the mode and owner of the former", () =>
  inFolder(async (folder) => {
    const path = `${folder}/rules.yaml`;
    Deno.writeTextFileSync(path, "a\n");
    Deno.chmodSync(path, 0o2640);
    if (Deno.uid() === 0) Deno.chownSync(path, 1234, 2345);
    const before = Deno.statSync(path);
    await updateFile(path, (text) => `${text}b\n`);
    const after = Deno.statSync(path);
    assert.equal(Deno.readTextFileSync(path), "a\nb\n");
    assert.notEqual(after.ino, before.ino);
    assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
    assert.deepEqual(names(folder), ["rules.yaml"]);
  }));

Deno.test("bytes that are no UTF-8 stay", () =>
  inFolder(async (folder) => {
    const path = `${folder}/rules.yaml`;
    const bytes = Uint8Array.of(0x23, 0xff, 0xfe, 0x0d, 0x0a);
    Deno.writeFileSync(path, bytes);
    await updateFile(path, (text) => `${text}a`);
    assert.deepEqual(Deno.readFileSync(path), Uint8Array.of(...bytes, 0x61));
    assert.equal(utf8(utf8Bytes(utf8(bytes))), utf8(bytes));
  }));

Deno.test("where nothing changes the file stays the same one", () =>
  inFolder(async (folder) => {
    const path = `${folder}/rules.yaml`;
    Deno.writeTextFileSync(path, "a\n");
    const { ino } = Deno.statSync(path);
    await updateFile(path, (text) => text);
    await updateFile(path, () => undefined);
    assert.equal(Deno.statSync(path).ino, ino);
  }));

Deno.test("of a symbolic link the target changes, also where it is not there yet", () =>
  inFolder(async (folder) => {
    Deno.mkdirSync(`${folder}/real`);
    Deno.symlinkSync("real/rules.yaml", `${folder}/one`);
    Deno.symlinkSync("one", `${folder}/two`);
    await updateFile(`${folder}/two`, () => "a");
    await updateFile(`${folder}/two`, (text) => `${text}b`);
    assert.ok(Deno.lstatSync(`${folder}/two`).isSymlink && Deno.lstatSync(`${folder}/one`).isSymlink);
    assert.equal(Deno.readTextFileSync(`${folder}/real/rules.yaml`), "ab");
    assert.deepEqual(names(`${folder}/real`), ["rules.yaml"]);
  }));

Deno.test("of several that write at once none loses what another wrote", () =>
  inFolder(async (folder) => {
    const path = `${folder}/rules.yaml`;
    const words = Array.from({ length: 40 }, (_, index) => `${index}`);
    await Promise.all(words.map((word) => updateFile(path, (text = "") => `${text}${word} `)));
    assert.deepEqual(Deno.readTextFileSync(path).trim().split(" ").toSorted(), words.toSorted());
  }));

Deno.test("who holds the folder's lock is waited for, but not for ever: to read the folder is enough to lock it", () =>
  inFolder(async (folder) => {
    using stranger = Deno.openSync(folder);
    stranger.lockSync(true);
    const pauses: number[] = [];
    const path = `${folder}/rules.yaml`;
    const write = (text: string, sleep: (time: number) => void) =>
      updateFile(path, () => text, undefined, (time) => Promise.resolve(sleep(time)));
    await write("a\n", (time) => pauses.push(time));
    assert.equal(pauses.reduce((sum, time) => sum + time), 4975);
    assert.equal(Deno.readTextFileSync(path), "a\n");
    let looks = 0;
    await write("b\n", () => void (++looks === 3 && stranger.unlockSync()));
    assert.deepEqual([looks, Deno.readTextFileSync(path)], [3, "b\n"]);
  }));

Deno.test("what cannot be written is told in one line, and the file stays", () =>
  inFolder(async (folder) => {
    const path = `${folder}/rules.yaml`;
    Deno.writeTextFileSync(path, "a");
    const refusal = /^Cannot add: no$/;
    await assert.rejects(
      updateFile(path, () => {
        throw new Error("Cannot add: no");
      }),
      ({ message }: Error) => refusal.test(message),
    );
    assert.equal(Deno.readTextFileSync(path), "a");
    assert.deepEqual(names(folder), ["rules.yaml"]);
    const message = async (path: string) => {
      try {
        await updateFile(path, () => "b");
        return "written";
      } catch (error) {
        return (error as Error).message.replaceAll(folder, "…");
      }
    };
    Deno.symlinkSync("loop", `${folder}/loop`);
    assert.deepEqual(
      await Promise.all(
        [folder, "/dev/null", `${folder}/none/rules.yaml`, `${path}/rules.yaml`, `${folder}/loop`].map(
          message,
        ),
      ),
      [
        "Cannot write …: it is no regular file",
        "Cannot write /dev/null: it is no regular file",
        "Cannot write …/none/rules.yaml: no such file or directory",
        "Cannot write …/rules.yaml/rules.yaml: not a directory",
        "Cannot write …/loop: too many symbolic links",
      ],
    );
    assert.deepEqual(names(folder), ["loop", "rules.yaml"]);
  }));
