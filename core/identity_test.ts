import assert from "node:assert/strict";
import { close, fstat, Open, openat2, Operand } from "../ffi/mod.ts";
import { ExeVerifier } from "./identity.ts";
import { event } from "./testing.ts";

const own = 100;
const task = { exe: "/usr/bin/curl", exeDev: 1n, exeIno: 2n, exeCtime: 3n, exeMntns: own };
const elsewhere = { ...task, exeMntns: 200 };

function verifier(found: ReturnType<ConstructorParameters<typeof ExeVerifier>[1] & object>) {
  const asked: string[] = [];
  const lookup = (path: string) => (asked.push(path), found);
  return { asked, exe: new ExeVerifier(own, lookup) };
}

Deno.test("a program executed in the daemon's own mount namespace is what its path says", () => {
  const { exe, asked } = verifier("absent");
  assert.equal(exe.verify(event({ task })), true);
  assert.deepEqual(asked, []);
});

Deno.test("a program without a name, or whose file was gone, is not", () => {
  const { exe } = verifier("absent");
  assert.equal(exe.verify(event({ task: { ...task, exeUnlinked: true } })), false);
  assert.equal(exe.verify(event({ task: { ...task, exe: undefined as unknown as string } })), false);
});

Deno.test("a program of another mount namespace must be the same file here", () => {
  const same = { dev: 1n, ino: 2n, ctime: 3n };
  assert.equal(verifier(same).exe.verify(event({ task: elsewhere })), true);
  for (
    const other of [{ ...same, ino: 9n }, { ...same, dev: 9n }, { ...same, ctime: 9n }, "absent"] as const
  ) {
    assert.equal(verifier(other).exe.verify(event({ task: elsewhere })), false);
  }
});

Deno.test("what was found out is remembered by identity", () => {
  const { exe, asked } = verifier({ dev: 1n, ino: 2n, ctime: 3n });
  exe.verify(event({ task: elsewhere }));
  exe.verify(event({ task: elsewhere }));
  exe.verify(event({ task: { ...elsewhere, exeIno: 7n } }));
  assert.deepEqual(asked, ["/usr/bin/curl", "/usr/bin/curl"]);
});

Deno.test("what cannot be looked up at once is not verified, not remembered and gives no ticket", () => {
  const { exe, asked } = verifier("unknown");
  const asking = event({ task: elsewhere });
  assert.equal(exe.verify(asking), false);
  assert.notEqual(asking.read & Operand.Volatile, 0);
  exe.verify(event({ task: elsewhere }));
  assert.equal(asked.length, 2);
});

Deno.test("a name that is no UTF-8 is not that of the file whose name shows the same", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/curl\ufffd`, "");
  const fd = openat2(`${folder}/curl\ufffd`, Open.Path | Open.CloseOnExec, 0);
  const status = fstat(fd);
  close(fd);
  if (typeof status === "number") assert.fail(`fstat: ${status}`);
  const program = { exeDev: status.dev, exeIno: status.ino, exeCtime: status.ctime, exeMntns: 1 };
  const here = ExeVerifier.ofSelf();
  assert.equal(here.verify(event({ task: { ...program, exe: `${folder}/curl\ufffd` } })), true);
  assert.equal(here.verify(event({ task: { ...program, exe: `${folder}/curl\udcff` } })), false);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the file system of this process tells whether a path is that very file", () => {
  const exe = Deno.realPathSync(Deno.execPath());
  const fd = openat2(exe, Open.Path | Open.CloseOnExec, 0);
  const status = fstat(fd);
  close(fd);
  if (typeof status === "number") assert.fail(`fstat: ${status}`);
  const here = ExeVerifier.ofSelf();
  const program = { exe, exeDev: status.dev, exeIno: status.ino, exeCtime: status.ctime, exeMntns: 1 };
  assert.equal(here.verify(event({ task: program })), true);
  assert.equal(here.verify(event({ task: { ...program, exeIno: status.ino + 1n } })), false);
  assert.equal(here.verify(event({ task: { ...program, exe: `${exe}-not` } })), false);
  assert.equal(here.verify(event({ task: { ...program, exe: `${exe}-not`, exeMntns: here.mntns } })), true);
});
