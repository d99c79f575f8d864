import assert from "node:assert/strict";
import type { NamesJson, NameSourceJson } from "../names/status.ts";
import { CommandError } from "./exit.ts";
import { diagnoseNames, namesLines } from "./names.ts";

const QUIET = { answers: 0, others: 0, malformed: 0, lost: 0, refused: 0 };
const resolved: NameSourceJson = {
  ...{ kind: "resolved", socket: "/run/r", connected: true, since: "2026-01-02T14:03:07.123Z", ...QUIET },
  ...{ answers: 12, others: 3 },
};
const dnstap: NameSourceJson = {
  ...{ kind: "dnstap", socket: "/run/d", connected: false, ...QUIET },
  ...{ malformed: 2, lost: 1, refused: 4, failure: "bad\x1bframe" },
};
const names: NamesJson = {
  held: 5,
  added: 7,
  refreshed: 5,
  expired: 2,
  evicted: 0,
  sources: [resolved, dnstap],
};
const config = {
  keep: 1000,
  resolved: { socket: "/run/r", user: undefined, where: "" },
  dnstap: [{ socket: "/run/d", user: undefined, where: "" }],
};

Deno.test("stats say which resolvers tell names, and what has become of them", () => {
  assert.deepEqual(namesLines(names), [
    "Names: 5 held; 7 told, 5 told again, 2 expired, 0 evicted for lack of room",
    "  systemd-resolved (/run/r): connected since 2026-01-02T14:03:07.123Z; 12 answers with names, 3 without",
    "  dnstap (/run/d): not connected: bad\\x1bframe; 0 answers with names, 0 without, 2 malformed, 1 lost, 4 refused",
  ]);
});

const diagnose = async (told: () => Promise<NamesJson | undefined>) =>
  (await diagnoseNames(config, told)).map(({ state, found }) => `${state}: ${found}`);

Deno.test("doctor says which resolver is not there, and where names found no room", async () => {
  const [first, second, third] = await diagnose(() => Promise.resolve({ ...names, evicted: 9 }));
  assert.match(first!, /^ok: systemd-resolved \(\/run\/r\): connected since/);
  assert.match(second!, /^limited: dnstap \(\/run\/d\): not connected: bad/);
  assert.equal(third, "limited: 9 names gave way before their time for lack of room");
});

Deno.test("where the daemon cannot be asked, doctor says that it does not know", async () => {
  assert.deepEqual(await diagnose(() => Promise.reject(new CommandError("No daemon answers on /run/x"))), [
    "limited: whether /run/r, /run/d tells names is not known: No daemon answers on /run/x",
  ]);
  assert.deepEqual(await diagnose(() => Promise.resolve(undefined)), [
    "limited: whether /run/r, /run/d tells names is not known: the daemon has been started without them",
  ]);
});
