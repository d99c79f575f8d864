/** Questions for tests. */

import type { Answered, QuestionJson } from "../../control/api.ts";
import { eventJson } from "../../control/json.ts";
import { event, type EventInit } from "../../testing.ts";

/** When the questions of tests begin, in milliseconds. */
export const NOW = Date.parse("2026-11-22T12:00:00Z");

/** Firefox of alice wants to connect to 192.0.2.1:443; the parts that a test is about may be others. */
export function question(
  more: Partial<Omit<QuestionJson, "event">> & { readonly event?: EventInit } = {},
): QuestionJson {
  const { event: init, ...rest } = more;
  const exe = more.program ?? "/usr/lib/firefox/firefox";
  const name = exe.slice(exe.lastIndexOf("/") + 1);
  return {
    id: "k3f9",
    revision: 1,
    since: new Date(NOW).toISOString(),
    calls: 1,
    processes: [4321],
    until: new Date(NOW + 28_000).toISOString(),
    instead: "deny",
    event: eventJson(event({ task: { exe, pid: 4321 }, ...init })),
    program: exe,
    user: "alice",
    asked: { plugin: "rules", rule: 2, why: "ask for browsers" },
    wish: "connect to 192.0.2.1:443 (tcp)",
    facts: [
      { label: "program", text: exe },
      { label: "user", text: "alice" },
      { label: "run by", text: "gnome-shell ← systemd" },
    ],
    scopes: [
      { scope: "program+address+port", text: `${name}: reach 192.0.2.1:443 (tcp)` },
      { scope: "program+address", text: `${name}: reach 192.0.2.1, any port (tcp)` },
      {
        scope: "program",
        text: `${name}: reach any address`,
        broad: [{ of: "place", text: "to any address and port" }],
      },
      {
        scope: "address+port",
        text: "any program of alice: reach 192.0.2.1:443 (tcp)",
        broad: [{ of: "program", text: "for any program of alice" }],
      },
    ],
    lasts: ["once", "time", "process", "always"],
    mayAnswer: true,
    ...rest,
  };
}

/** Bob has answered a question. */
export function answered(more: Partial<Answered> = {}): Answered {
  return {
    id: "k3f9",
    action: "deny",
    lasts: "once",
    calls: 1,
    by: { uid: 1001, user: "bob", pid: 99, program: "/usr/bin/snet" },
    ...more,
  };
}
