import assert from "node:assert/strict";
import type { BuiltIn } from "./builtin.ts";
import { ExitCode } from "./exit.ts";
import { ReaderGone } from "./output.ts";
import { run } from "./program.ts";
import { Recorder } from "./recorder.ts";

const builtIn: BuiltIn = {
  spawnReactor: () => assert.fail("no command here needs a thread"),
  startThread: () => assert.fail("no command here needs a thread"),
  plugins: () => Promise.resolve({}),
  checkRules: () => Promise.resolve({ errors: [], warnings: [], rules: 0 }),
  openJournal: () => assert.fail("no command here reads a journal"),
};

const commands = [
  ["daemon"],
  ["watch"],
  ["log"],
  ["stats"],
  ["tickets"],
  ["tickets", "list"],
  ["tickets", "flush"],
  ["rules"],
  ["rules", "check"],
  ["doctor"],
  ["version"],
];

async function snet(...words: string[]) {
  const output = new Recorder();
  return { code: await run(words, builtIn, output), ...output, output };
}

for (const words of [[], ...commands]) {
  Deno.test(`help of snet ${words.join(" ")} has an example and exit codes, and fits 80 columns`, async () => {
    const { code, lines, errors } = await snet(...words, "--help");
    assert.equal(code, ExitCode.ok);
    assert.deepEqual(errors, []);
    assert.ok(lines.includes("Examples:"));
    assert.ok(lines.some((line) => line.startsWith("Exit codes")));
    assert.deepEqual(lines.filter((line) => line.length > 80), []);
  });
}

Deno.test("every command that does something has --json", async () => {
  for (const words of commands.filter((each) => !["tickets", "rules"].includes(each.join(" ")))) {
    const { lines } = await snet(...words, "--help");
    assert.ok(lines.some((line) => line.startsWith("  --json")), words.join(" "));
  }
});

Deno.test("a wrong command line is one line that names what would be right, and exit code 2", async () => {
  const wrong: [string[], string][] = [
    [["wach"], "snet: unknown command 'wach'; did you mean 'watch'?"],
    [["tickets", "lst"], "snet: unknown command 'lst'; did you mean 'list'?"],
    [["watch", "--jsn"], "snet: unknown option '--jsn'; did you mean '--json'?"],
    [["frobnicate"], "snet: unknown command 'frobnicate'; 'snet --help' lists what there is"],
    [
      ["watch", "--frobnicate"],
      "snet: unknown option '--frobnicate'; 'snet watch --help' lists what there is",
    ],
    [["ask", "allow"], "snet: missing required argument 'id'; 'snet ask allow --help' lists what there is"],
    [["watch", "--json", "--classic"], "snet: option '--json' cannot be used with option '--classic'"],
    [["\x1b[2J"], "snet: unknown command '\\x1b[2J'; 'snet --help' lists what there is"],
  ];
  for (const [words, line] of wrong) {
    const { code, errors, lines } = await snet(...words);
    assert.deepEqual({ code, errors, lines }, { code: ExitCode.usage, errors: [line], lines: [] });
  }
});

Deno.test("snet alone shows its help on standard error and is wrong usage", async () => {
  const { code, errors, lines } = await snet();
  assert.equal(code, ExitCode.usage);
  assert.ok(errors[0]?.startsWith("Usage: snet"));
  assert.deepEqual(lines, []);
});

Deno.test("without a daemon its commands say how to start one, and exit with 3", async () => {
  const socket = `${await Deno.makeTempDir()}/none.sock`;
  for (const words of [["watch"], ["stats"], ["tickets", "list"], ["tickets", "flush"]]) {
    const { code, errors } = await snet(...words, "--socket", socket);
    assert.equal(code, ExitCode.unavailable);
    assert.deepEqual(errors, [
      `snet: No daemon answers on ${socket}; start it with 'snet daemon', or name its socket with --socket`,
    ]);
  }
});

Deno.test("a reader that has seen enough is a good end", async () => {
  const output = new Recorder();
  output.line = () => {
    throw new ReaderGone("nobody reads the output");
  };
  assert.equal(await run(["version"], builtIn, output), ExitCode.ok);
  assert.equal(await run(["--help"], builtIn, output), ExitCode.ok);
  assert.deepEqual(output.errors, []);
});

Deno.test("a mistake in snet itself is told with its place, and cannot act on a terminal", async () => {
  const output = new Recorder();
  output.line = () => {
    throw new RangeError("\x1b[2J");
  };
  assert.equal(await run(["version"], builtIn, output), ExitCode.failed);
  assert.equal(output.errors[0], "snet: RangeError: \\x1b[2J");
  assert.ok(output.errors.length > 1);
});

Deno.test("version prints JSON", async () => {
  const { code, lines } = await snet("version", "--json");
  assert.equal(code, ExitCode.ok);
  assert.equal(JSON.parse(lines.join("\n")).protocol, 1);
});
