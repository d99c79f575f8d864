import { deepEqual, equal, match, throws } from "node:assert/strict";
import { event } from "../../core/testing.ts";
import { DENIED, OCCASION, Receiver, setUp } from "./testing.ts";

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("syslog and the journal are told over their sockets", () =>
  inFolder(async (folder) => {
    const socket = `${folder}/socket`;
    const receiver = await Receiver.at(socket);
    const syslog = setUp({ to: "syslog", socket, facility: "local7" });
    syslog.observe!(event(), DENIED, OCCASION);
    match(
      text(await receiver.next()),
      /^<189>1 2026-03-01T12:00:00\.000Z \S+ snet \d+ snet\.connect \[snet@32473 .*\] denied /,
    );
    syslog.close!();
    const journal = setUp({ to: "journald", socket });
    journal.observe!(event(), DENIED, OCCASION);
    match(text(await receiver.next()), /^MESSAGE=denied snet\.connect .*\n(.*\n)*SNET_ACTION=deny\n/);
    journal.close!();
    await receiver.stop();
  }));

Deno.test("where nobody listens that is told once, and again when somebody does", () =>
  inFolder(async (folder) => {
    const socket = `${folder}/socket`;
    const log: string[] = [];
    const notify = setUp({ to: "syslog", socket }, log);
    notify.observe!(event(), DENIED, OCCASION);
    notify.observe!(event(), DENIED, OCCASION);
    const receiver = await Receiver.at(socket);
    notify.observe!(event(), DENIED, OCCASION);
    await receiver.next();
    deepEqual(log, [
      `warning: Plugin "notify": messages are lost: ${socket}: ENOENT`,
      `warning: Plugin "notify": ${socket} takes messages again, 2 were lost`,
    ]);
    notify.close!();
    await receiver.stop();
  }));

Deno.test("a command gets the decisions that are wanted, as JSON, and not more than may be", () =>
  inFolder(async (folder) => {
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    const command = ["/bin/sh", "-c", 'cat > "$0"', `${folder}/pipe`];
    const log: string[] = [];
    const notify = setUp({ to: "exec", command, burst: 1, rate: 1, causes: ["verdict", "late"] }, log);
    const allowed = { ...DENIED, verdict: { action: "allow", why: "known" } } as const;
    notify.observe!(event(), allowed, OCCASION);
    notify.observe!(event(), { ...DENIED, cause: "default" }, OCCASION);
    notify.observe!(event({ task: { exe: "/bin/a" } }), DENIED, {
      ...OCCASION,
      rule: { name: "no telnet", where: "r:1:1" },
    });
    notify.observe!(event({ task: { exe: "/bin/b" } }), DENIED, OCCASION);
    const told = JSON.parse(await Deno.readTextFile(`${folder}/pipe`));
    deepEqual([told.version, told.type, told.suppressed, told.action], [1, "snet.decision", 0, "deny"]);
    deepEqual(told.rule, { number: 3, name: "no telnet", where: "r:1:1" });
    equal(told.event.task.exe, "/bin/a");
    notify.close!();
    deepEqual(log, []);
    const counted = { told: 1, "held back": 1, succeeded: 0, failed: 0, killed: 0, dropped: 0 };
    deepEqual({ ...notify.counters!(), succeeded: 0, failed: 0 }, counted);
  }));

Deno.test("options that do not go together are refused in one line", () => {
  const wrong: readonly (readonly [Parameters<typeof setUp>[0], string])[] = [
    [{ to: "exec" }, `"to: exec" needs the option "command", such as [/usr/local/bin/alarm, --json]`],
    [{ to: "exec", command: ["alarm"] }, `command "alarm" is no absolute path, such as /usr/local/bin/alarm`],
    [{ to: "exec", command: [] }, `command "" is no absolute path, such as /usr/local/bin/alarm`],
    [
      { to: "syslog", command: ["/bin/a"] },
      `option "command" is for "to: exec or desktop", not for syslog; leave it out`,
    ],
    [
      { to: "desktop", socket: "/x" },
      `option "socket" is for "to: syslog or journald", not for desktop; leave it out`,
    ],
    [
      { to: "syslog", socket: "log" },
      `socket "log" is neither an absolute path, such as /dev/log, nor an abstract @name`,
    ],
    [{ to: "syslog", uid: 0 }, `option "uid" is for "to: desktop", not for syslog; leave it out`],
    [{ to: "syslog", events: ["snet.conect"] }, `unknown event "snet.conect"; did you mean "snet.connect"?`],
    [{ to: "syslog", events: [] }, `option "events" names no event; such as [snet.out]`],
  ];
  for (const [options, message] of wrong) throws(() => setUp(options), { message });
});
