/** Rows for tests: only what a test is about needs to be said. */

import type { RowJson as Row } from "../control/api.ts";

/** Curl of ada connects to 192.0.2.1:443; rule `web` allows it. */
export function row(init: Partial<Row> = {}): Row {
  return {
    number: 1,
    time: 1_000_000,
    program: "/usr/bin/curl",
    pid: 7,
    user: "ada",
    call: "connect",
    target: "tcp 192.0.2.1:443",
    verdict: "allow",
    cause: "verdict",
    by: "rules: web",
    why: "web",
    held: 12,
    ...init,
  };
}
