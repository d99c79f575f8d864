import { deepEqual, equal } from "node:assert/strict";
import { event } from "../../core/testing.ts";
import { CommandRunner } from "./command.ts";
import { desktopCall } from "./desktop.ts";
import { messageOf } from "./testing.ts";

const UID = Deno.uid()!;

async function inSession(test: (runtime: string) => Promise<void>): Promise<void> {
  const runtime = await Deno.makeTempDir();
  await Deno.mkdir(`${runtime}/${UID}`);
  await Deno.writeTextFile(`${runtime}/${UID}/bus`, "");
  try {
    await test(runtime);
  } finally {
    await Deno.remove(runtime, { recursive: true });
  }
}

Deno.test("notify-send is run for the user's session, and nothing of a message is an option or markup", () =>
  inSession(async (runtime) => {
    const { args, env, uid, gid } = desktopCall(
      messageOf(event({ task: { exe: "/tmp/-x<b>\\n\n" } })),
      UID,
      runtime,
    )!;
    deepEqual([uid, gid], [UID, Deno.gid()]);
    // In place of notify-send: a command that writes down how it was called.
    const script =
      'out="$0"; { printf "%s\\n" "$DBUS_SESSION_BUS_ADDRESS" "$XDG_RUNTIME_DIR" "$@"; } > "$out"';
    const runner = new CommandRunner({
      limit: 60_000,
      queue: 1,
      onFailure: (message) => console.log(message),
    });
    runner.run({ command: ["/bin/sh", "-c", script, `${runtime}/out`, ...args], input: "", env });
    await runner.idle;
    deepEqual((await Deno.readTextFile(`${runtime}/out`)).split("\n"), [
      `unix:path=${runtime}/${UID}/bus`,
      `${runtime}/${UID}`,
      "--app-name=snet",
      "--icon=security-high",
      "--",
      "snet denied a call of -x<b>\\n?",
      "denied snet.connect of /tmp/-x&lt;b&gt;\\\\\\\\n\\\\x0a[4321] uid 1000 to 192.0.2.1:443: telnet is not encrypted (rules)",
      "",
    ]);
  }));

Deno.test("who has no session is not told, nor one whose folder is another's", () =>
  inSession(async (runtime) => {
    equal(desktopCall(messageOf(event()), UID + 1, runtime), undefined);
    await Deno.rename(`${runtime}/${UID}`, `${runtime}/${UID + 1}`);
    equal(desktopCall(messageOf(event()), UID + 1, runtime), undefined);
    await Deno.mkdir(`${runtime}/${UID}`);
    equal(desktopCall(messageOf(event()), UID, runtime), undefined);
  }));
