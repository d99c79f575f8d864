import { deepEqual, equal, rejects } from "node:assert/strict";
import { ERRNO } from "../../ffi/mod.ts";
import { candidates, executeFirst, LaunchError, variable } from "./program.ts";

const utf8 = new TextEncoder();
const environment = ["HOME=/", "PATHS=/no", "PATH=/a:/b", "PATH=/c", "no variable"].map((text) =>
  utf8.encode(text)
);

/** Files by path: what execve(2) gives for each; a path that is not there does not exist. */
async function run(files: Record<string, number>, command: string, path = "/a:/b:/c") {
  const tried: [string, boolean][] = [];
  const execute = (bytes: Uint8Array, shell: boolean) => {
    const name = new TextDecoder().decode(bytes);
    tried.push([name, shell]);
    return Promise.resolve(shell ? 7 : files[name]!);
  };
  const regular = { dev: 1n, ino: 1n, ctime: 1n, mode: 0o100755, uid: 0, gid: 0, size: 1n };
  const look = (name: string) => name in files ? regular : -ERRNO.ENOENT;
  const result = await executeFirst(command, candidates(command, path), execute, look);
  return { result, tried };
}

Deno.test("program: the first variable of a name counts, and only the whole name", () => {
  equal(variable(environment, "PATH"), "/a:/b");
  equal(variable(environment, "HOM"), undefined);
});

Deno.test("program: a command is looked for in PATH, a path is not", () => {
  deepEqual(candidates("x", "/a::/b"), ["/a/x", "x", "/b/x"]);
  deepEqual(candidates("x", undefined), ["/bin/x", "/usr/bin/x"]);
  deepEqual(candidates("./x", "/a"), ["./x"]);
  deepEqual(candidates("", "/a"), []);
});

Deno.test("program: the first that can be executed is", async () => {
  deepEqual(await run({ "/b/x": 5, "/c/x": 6 }, "x"), { result: 5, tried: [["/b/x", false]] });
  const past = await run({ "/a/x": -ERRNO.EACCES, "/b/x": 5 }, "x");
  deepEqual([past.result, past.tried.at(-1)], [5, ["/b/x", false]]);
});

Deno.test("program: a file of no known format is a script of the shell", async () => {
  const { result, tried } = await run({ "/a/x": -ERRNO.ENOEXEC }, "x");
  deepEqual([result, tried], [7, [["/a/x", false], ["/a/x", true]]]);
});

Deno.test("program: what cannot be run is told in one line, with the exit code of shells", async () => {
  const fails = (files: Record<string, number>, command: string, message: string, exitCode: number) =>
    rejects(run(files, command), (error) => {
      deepEqual(error instanceof LaunchError && [error.message, error.exitCode], [message, exitCode]);
      return true;
    });
  await fails({}, "x", "Cannot run x: it is in no folder of PATH", 127);
  await fails({}, "./x", "Cannot run ./x: there is no such file", 127);
  await fails({}, "", 'Cannot run "": it is in no folder of PATH', 127);
  await fails({ "/a/x": -ERRNO.EACCES }, "x", "Cannot run x (/a/x): permission denied (EACCES)", 126);
  await fails(
    { "./x": -ERRNO.ENOENT },
    "./x",
    "Cannot run ./x: the interpreter that it names is not there (ENOENT)",
    127,
  );
  await fails(
    { "/b/x": -ERRNO.E2BIG, "/c/x": 0 },
    "x",
    "Cannot run x (/b/x): arguments and environment are too long (E2BIG)",
    126,
  );
  await fails({ "./x": -ERRNO.ETXTBSY }, "./x", "Cannot run ./x: ETXTBSY", 126);
});
