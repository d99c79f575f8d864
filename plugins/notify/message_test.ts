import { deepEqual, equal } from "node:assert/strict";
import { event } from "../../core/testing.ts";
import { journalEntry } from "./journald.ts";
import { lineOf, severityOf } from "./message.ts";
import { syslogMessage } from "./syslog.ts";
import { DENIED, messageOf } from "./testing.ts";

const EVIL = { task: { exe: '/tmp/a b"]\n<1>1 forged\u202e', comm: "x\ny" } } as const;

/** Fields of an entry, read as systemd reads them. */
function fieldsOf(entry: Uint8Array): Record<string, string> {
  const fields: Record<string, string> = {};
  const text = (from: number, to: number) => new TextDecoder().decode(entry.subarray(from, to));
  for (let at = 0; at < entry.length;) {
    const end = entry.indexOf(10, at);
    const line = text(at, end);
    if (line.includes("=")) {
      fields[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
      at = end + 1;
    } else {
      const length = Number(new DataView(entry.buffer, entry.byteOffset + end + 1).getBigUint64(0, true));
      fields[line] = text(end + 9, end + 9 + length);
      equal(entry[end + 9 + length], 10);
      at = end + 10 + length;
    }
  }
  return fields;
}

Deno.test("a decision is one line", () => {
  const remote = { ip: "192.0.2.1", port: 23 };
  equal(
    lineOf(messageOf(event({ remote }))),
    "denied snet.connect of /usr/bin/curl[4321] uid 1000 to 192.0.2.1:23: telnet is not encrypted (rules)",
  );
  equal(
    lineOf(messageOf(event({ name: "snet.bind", local: { ip: "::1", port: 80 } }), {
      ...{
        verdict: { action: "allow", why: "a plugin failed" },
        plugin: "webhook",
        rule: undefined,
        cause: "failed",
      },
    }, 5)),
    "allowed snet.bind of /usr/bin/curl[4321] uid 1000 at [::1]:80: a plugin failed (default, webhook failed)" +
      " [5 before this were not told]",
  );
});

Deno.test("what programs call themselves forges no line and no end of one", () => {
  equal(
    lineOf(messageOf(event(EVIL))),
    'denied snet.connect of /tmp/a\\x20b"]\\x0a<1>1\\x20forged\\u{202e}[4321] uid 1000 to 192.0.2.1:443:' +
      " telnet is not encrypted (rules)",
  );
  equal(lineOf(messageOf(event({ task: { exe: `/${"x".repeat(4000)}` } }))).length, 1000);
});

Deno.test("failures weigh most, then denials", () => {
  const of = (action: "allow" | "deny", cause: "verdict" | "late") =>
    severityOf(messageOf(event(), { ...DENIED, verdict: { action, why: "" }, cause }));
  deepEqual([of("allow", "late"), of("deny", "verdict"), of("allow", "verdict")], [4, 5, 6]);
});

Deno.test("a syslog message is one of RFC 5424", () => {
  equal(
    syslogMessage(messageOf(event()), "authpriv", "box", 77),
    '<85>1 2026-03-01T12:00:00.000Z box snet 77 snet.connect [snet@32473 event="snet.connect" action="deny"' +
      ' cause="verdict" why="telnet is not encrypted" errno="ECONNREFUSED" plugin="rules" rule="3" pid="4321"' +
      ' uid="1000" comm="curl" exe="/usr/bin/curl" remote="192.0.2.1:443"] denied snet.connect of' +
      " /usr/bin/curl[4321] uid 1000 to 192.0.2.1:443: telnet is not encrypted (rules)",
  );
});

Deno.test("values from outside end neither a syslog message nor its data", () => {
  const message = syslogMessage(messageOf(event(EVIL)), "user", "two words\n", 1);
  equal(message.includes("\n"), false);
  equal(message.startsWith("<13>1 2026-03-01T12:00:00.000Z two?words? snet 1 "), true);
  equal(message.includes('comm="x\\\\x0ay" exe="/tmp/a b\\"\\]\\\\x0a<1>1 forged\\\\u{202e}"'), true);
});

Deno.test("an entry of the journal has the decision in fields, and nobody adds one", () => {
  const fields = fieldsOf(journalEntry(messageOf(event({ task: { exe: "/tmp/x\nPRIORITY=0", comm: "c" } }))));
  equal(fields["PRIORITY"], "5");
  equal(fields["SNET_EXE"], "/tmp/x\nPRIORITY=0");
  equal(fields["SNET_ACTION"], "deny");
  equal(fields["SNET_REMOTE"], "192.0.2.1:443");
  equal(fields["SYSLOG_IDENTIFIER"], "snet");
  equal(fields["MESSAGE"]?.startsWith("denied snet.connect of /tmp/x\\x0aPRIORITY=0[4321]"), true);
});
