import assert from "node:assert/strict";
import type { Told } from "../feed.ts";
import { event, type EventInit } from "../testing.ts";
import { Denials } from "./summary.ts";

function told(init: EventInit, action: "allow" | "deny" = "deny"): Told {
  const verdict = { action, why: "" };
  return {
    event: event(init),
    decision: { verdict, plugin: "rules", rule: 0, cause: "verdict" },
    plugin: 0,
    held: 1,
    time: 0,
  };
}

function lineOf(...events: readonly Told[]): string | undefined {
  const denials = new Denials();
  for (const each of events) denials.add(each);
  return denials.line;
}

Deno.test("nothing is said where nothing was denied", () => {
  assert.equal(lineOf(told({}, "allow"), { ...told({}), decision: undefined }), undefined);
});

Deno.test("denied calls are told by program and address, those first that came most often", () => {
  const nc = { exe: "/usr/bin/nc" };
  assert.equal(
    lineOf(
      told({ task: nc, name: "snet.bind", local: { ip: "0.0.0.0", port: 80 } }),
      told({}),
      told({}, "allow"),
      told({ name: "snet.sendmsg" }),
      told({
        task: nc,
        name: "snet.post_accept",
        local: { ip: "::1", port: 1 },
        remote: { ip: "fd00::1", port: 9 },
      }),
      told({ name: "snet.socket", socket: { family: 17 }, remote: undefined }),
    ),
    "5 calls denied: curl → 192.0.2.1:443 (2), nc: bind 0.0.0.0:80, nc ← fd00::1, curl: socket packet",
  );
  assert.equal(lineOf(told({})), "1 call denied: curl → 192.0.2.1:443");
});

Deno.test("the line is bounded, whatever was denied", () => {
  const many = Array.from({ length: 5000 }, (_, port) => told({ remote: { ip: "192.0.2.1", port } }));
  assert.equal(
    lineOf(...many, told({ remote: { ip: "192.0.2.1", port: 7 } })),
    "5001 calls denied: curl → 192.0.2.1:7 (2), curl → 192.0.2.1:0, curl → 192.0.2.1:1, curl → 192.0.2.1:2, " +
      "4996 others",
  );
  const long = told({
    task: { exe: `/x/\x1b[2J ${"y".repeat(5000)}` },
    socket: { family: 1 },
    remote: { path: `/${"z".repeat(5000)}` },
  });
  assert.ok(lineOf(long)!.length < 120);
  assert.match(lineOf(long)!, /^1 call denied: \\x1b\[2J\\x20y/);
});
