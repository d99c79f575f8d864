import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { Desk } from "../../tests/terminal/desk.ts";
import { question } from "./ask/samples.ts";
import { answer, answerJson, list, watchQuestions } from "./ask.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { Recorder } from "./recorder.ts";

/** An output whose lines can be waited for. */
class Awaited extends Recorder {
  #arrived = () => {};

  override line(text: string): void {
    super.line(text);
    this.#arrived();
  }

  async until(count: number): Promise<void> {
    while (this.lines.length < count) await new Promise<void>((resolve) => this.#arrived = resolve);
  }
}

/** Runs with a daemon and what a command would write. */
async function withDesk(test: (desk: Desk, socket: string, output: Awaited) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/snet.sock`;
  {
    await using desk = new Desk(socket);
    await test(desk, socket, new Awaited(undefined));
  }
  await Deno.remove(folder, { recursive: true });
}

const failed = (message: string, exitCode: ExitCode) => (error: unknown) => {
  deepEqual([(error as CommandError).message, (error as CommandError).exitCode], [message, exitCode]);
  return error instanceof CommandError;
};

Deno.test("list shows what waits, or that nothing does", async () => {
  await withDesk(async (desk, socket, output) => {
    await list({ socket }, output);
    desk.put(question());
    await list({ socket }, output);
    equal(output.lines[0], "No question waits.");
    equal(output.lines[2]!.split(/ {2,}/)[0], "k3f9");
  });
});

Deno.test("list --json is what the daemon says", async () => {
  await withDesk(async (desk, socket, output) => {
    const asked = question();
    desk.put(asked);
    await list({ socket, json: true }, output);
    deepEqual(JSON.parse(output.lines.join("\n")), [JSON.parse(JSON.stringify(asked))]);
  });
});

Deno.test("an answer is sent as the options say, and what it did is one line", async () => {
  await withDesk(async (desk, socket, output) => {
    desk.put(question({ calls: 3 }));
    await answer("allow", ["k3f9"], { socket, always: true, scope: "program+address", revision: 1 }, output);
    deepEqual(desk.given, [{
      id: "k3f9",
      answer: { action: "allow", lasts: "always", scope: "program+address", revision: 1 },
    }]);
    deepEqual(output.lines, ["Allowed k3f9 always (program+address): 3 calls."]);
  });
});

Deno.test("an answer that is refused says why, and others are given all the same", async () => {
  await withDesk(async (desk, socket, output) => {
    await rejects(
      answer("deny", ["gone"], { socket }, output),
      failed("no question gone waits", ExitCode.failed),
    );
    desk.put(question());
    const both = answer("deny", ["gone", "k3f9"], { socket }, output);
    await rejects(both, failed("gone: no question gone waits", ExitCode.failed));
    equal(desk.given.length, 1);
    deepEqual(output.lines, ["Denied k3f9 once: 1 call."]);
  });
});

Deno.test("an id is one, whatever stands in it", async () => {
  await withDesk(async (desk, socket, output) => {
    desk.put(question());
    await rejects(answer("allow", ["../questions/k3f9"], { socket }, output), CommandError);
    deepEqual(desk.given, []);
  });
});

Deno.test("without a daemon the exit code says so", async () => {
  await rejects(
    answer("deny", ["x"], { socket: "/nowhere/snet.sock" }, new Recorder(undefined)),
    (error: CommandError) => error.exitCode === ExitCode.unavailable,
  );
});

Deno.test("options become an answer; those that contradict each other are a wrong command line", () => {
  deepEqual(answerJson("deny", { socket: "" }), { action: "deny", lasts: "once" });
  deepEqual(answerJson("allow", { socket: "", for: "1h30m" }), {
    action: "allow",
    lasts: "time",
    time: 5_400_000,
  });
  deepEqual(answerJson("allow", { socket: "", untilExit: true, children: true }), {
    action: "allow",
    lasts: "process",
    children: true,
  });
  throws(
    () => answerJson("allow", { socket: "", for: "soon" }),
    failed(
      '--for: "soon" is not a duration; write a number and its unit, such as 500ms, 5s, 10m, 2h or 1d',
      ExitCode.usage,
    ),
  );
  throws(
    () => answerJson("allow", { socket: "", children: true }),
    failed("--children goes with --until-exit", ExitCode.usage),
  );
  throws(() => answerJson("allow", { socket: "", scope: "program" }), CommandError);
});

Deno.test("watch tells changes until the daemon ends", async () => {
  for (const json of [true, false]) {
    await withDesk(async (desk, socket, output) => {
      desk.put(question());
      const watching = rejects(
        watchQuestions({ socket, json }, output),
        failed("The daemon ended", ExitCode.failed),
      );
      await output.until(1);
      desk.close("k3f9", "ended");
      await output.until(2);
      await desk[Symbol.asyncDispose]();
      await watching;
      if (json) deepEqual(output.lines.map((line) => JSON.parse(line).kind), ["waiting", "closed"]);
      else equal(output.lines[1], "k3f9  its calls are gone");
    });
  }
});
