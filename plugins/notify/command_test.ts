import { deepEqual, equal } from "node:assert/strict";
import { CommandRunner, type CommandRunnerOptions } from "./command.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function runnerOf(options: Partial<CommandRunnerOptions> = {}) {
  const failures: string[] = [];
  const onFailure = (message: string) => failures.push(message);
  const runner = new CommandRunner({ limit: 60_000, queue: 100, onFailure, ...options });
  return { runner, failures };
}

const shell = (script: string, ...args: string[]) => ["/bin/sh", "-c", script, ...args];

Deno.test("a command gets its input and its arguments as they are, and little of an environment", () =>
  inFolder(async (folder) => {
    const { runner, failures } = runnerOf();
    const command = shell(
      'cat > "$0"; echo "$1" >> "$0"; env | cut -d= -f1 | sort | xargs >> "$0"',
      `${folder}/out`,
      "$(id) 'x'",
    );
    runner.run({ command, input: "the input\n", env: { MORE: "1" } });
    await runner.idle;
    equal(await Deno.readTextFile(`${folder}/out`), "the input\n$(id) 'x'\nLANG MORE PATH PWD\n");
    deepEqual(failures, []);
    equal(runner.counts.succeeded, 1);
  }));

Deno.test("one runs at a time, in their order, so many wait, and the others are dropped", () =>
  inFolder(async (folder) => {
    const { runner } = runnerOf({ queue: 3 });
    // A directory is made by one alone.
    const script = 'mkdir "$0/lock" || exit 1; echo "$1" >> "$0/out"; sleep 0.01; rmdir "$0/lock"';
    for (const number of ["1", "2", "3", "4", "5", "6"]) {
      runner.run({ command: shell(script, folder, number), input: "" });
    }
    await runner.idle;
    equal(await Deno.readTextFile(`${folder}/out`), "1\n2\n3\n4\n");
    deepEqual(runner.counts, { succeeded: 4, failed: 0, killed: 0, dropped: 2 });
  }));

Deno.test("what takes too long is killed with all that it has started", () =>
  inFolder(async (folder) => {
    const late: (() => void)[] = [];
    const { runner, failures } = runnerOf({
      limit: 500,
      after: (_, task) => {
        late.push(task);
        return () => {};
      },
    });
    // Whoever reads the pipe hears of the end when nobody holds it any more.
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    const script = 'exec 3> "$0/pipe"; sleep 1000 & echo ready >&3; wait';
    runner.run({ command: shell(script, folder), input: "" });
    using pipe = await Deno.open(`${folder}/pipe`);
    await pipe.read(new Uint8Array(10));
    late[0]!();
    await runner.idle;
    while (await pipe.read(new Uint8Array(10)) !== null);
    deepEqual(failures, ["/bin/sh took longer than 500 ms and was killed"]);
    equal(runner.counts.killed, 1);
  }));

Deno.test("a command that has ended is done with, whoever still holds its input", () =>
  inFolder(async (folder) => {
    const { runner } = runnerOf();
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    // It leaves its process group, and keeps the input until it is told to go.
    const command = shell('exec 3<&0; setsid sh -c \'read go < "$0/pipe"\' "$0" & exit 0', folder);
    runner.run({ command, input: "x".repeat(200_000) });
    await runner.idle;
    equal(runner.counts.succeeded, 1);
    await Deno.writeTextFile(`${folder}/pipe`, "go\n");
  }));

Deno.test("failures are told once in a row", async () => {
  const { runner, failures } = runnerOf();
  const run = async (...command: string[]) => {
    runner.run({ command, input: "x".repeat(200_000) });
    await runner.idle;
  };
  await run("/nowhere/alarm");
  await run("/nowhere/alarm");
  await run("/bin/true");
  await run(...shell("exit 3"));
  await run(...shell("kill -TERM $$"));
  deepEqual(failures, [
    "/nowhere/alarm cannot be run: Failed to spawn '/nowhere/alarm': No such file or directory (os error 2)",
    "/bin/sh ended with exit code 3",
  ]);
  deepEqual(runner.counts, { succeeded: 1, failed: 4, killed: 0, dropped: 0 });
});

Deno.test("closing kills what runs and forgets what waits", () =>
  inFolder(async (folder) => {
    const { runner } = runnerOf();
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    runner.run({ command: shell('exec 3> "$0/pipe"; echo ready >&3; sleep 1000', folder), input: "" });
    runner.run({ command: shell('touch "$0/second"', folder), input: "" });
    using pipe = await Deno.open(`${folder}/pipe`);
    await pipe.read(new Uint8Array(10));
    runner.close();
    await runner.idle;
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["pipe"]);
  }));
