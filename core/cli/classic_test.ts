import assert from "node:assert/strict";
import { event } from "../testing.ts";
import { classicLine } from "./classic.ts";

const tcp = { family: 2, type: 1, protocol: 6 };

Deno.test("a classic line is the first snet's, letter by letter", () => {
  const line = classicLine(event({
    id: 13n,
    name: "snet.connect",
    task: { uid: 256, pid: 23886, comm: "tcpconnect" },
    socket: tcp,
    remote: { ip: "127.0.0.1", port: 80 },
  }));
  assert.equal(
    line,
    "verdict_id=0xd syscall=CONNECT protocol=6 [tcp] family=2 uid=256 pid=23886 [tcpconnect] " +
      "0.0.0.0:0->127.0.0.1:80",
  );
});

Deno.test("a classic line cannot be forged by the name of a program", () => {
  const line = classicLine(event({ task: { comm: "x] 0.0.0.0:0->\n" }, socket: tcp }));
  assert.match(line, /\[x\]\\x200\.0\.0\.0:0->\\x0a\] 0\.0\.0\.0:0->192\.0\.2\.1:443$/);
  assert.equal(line.split(" ").length, 9);
});

Deno.test("classic lines of IPv6 and UNIX sockets have addresses of their kind", () => {
  const v6 = event({ socket: { ...tcp, family: 10 }, remote: { ip: "::1", port: 80 } });
  assert.match(classicLine(v6), / \[::\]:0->\[::1\]:80$/);
  const unix = event({
    socket: { family: 1, type: 1, protocol: 0 },
    remote: { family: 1, path: "/run/a b" },
  });
  assert.match(classicLine(unix), /protocol=0 \[unix\] .* -->\/run\/a\\x20b$/);
});

Deno.test("a verdict id of 64 bits keeps every digit, from an event or from JSON", () => {
  assert.match(classicLine(event({ id: 0xfedc_ba98_7654_3211n })), /^verdict_id=0xfedcba9876543211 /);
  assert.match(
    classicLine({
      ...event(),
      id: "18364758544493064721",
      task: event().task,
      socket: tcp,
      name: "snet.bind",
    }),
    /^verdict_id=0xfedcba9876543211 /,
  );
});
