import { equal, match, rejects } from "node:assert/strict";
import type { PluginContext, Policy, Reply } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { Remote, type RemoteParts } from "./remote.ts";
import { type Sending, WireError } from "./wire.ts";

const POLICY: Policy = {
  ...{ version: 1, type: "snet.policy", policy: "p1", lists: [] },
  files: [{ path: "/policy.yaml", text: "version: 1\nrules:\n  - deny: snet.out\n" }],
};
const REPLY: Reply = {
  version: 1,
  type: "snet.reply",
  incarnation: "i1",
  answers: [],
  last: 0,
  policy: "p1",
};
const DAY = 86_400_000;

Deno.test("remote: a clock that is set back makes no policy young", async () => {
  let wall = 1_700_000_000_000;
  let lasting = 5_000;
  let isAway = false;
  const { promise: known, resolve: hasPolicy } = Promise.withResolvers<void>();
  const { promise: offline, resolve: isOffline } = Promise.withResolvers<void>();
  const wire = {
    ...{ name: "the server", requests: 0, close() {} },
    send<T>({ path, signal }: Sending<T>) {
      if (isAway) return Promise.reject(new WireError("the server cannot be reached", "other"));
      if (path === "/v1/policy") return Promise.resolve(POLICY as never);
      // The second turn is held until the test ends it.
      if (wire.requests++ === 0) return Promise.resolve(REPLY as never);
      const { promise, reject } = Promise.withResolvers<never>();
      endTurn = () => reject(new WireError("the server cannot be reached", "other"));
      signal.addEventListener("abort", () => reject(signal.reason));
      return promise;
    },
  } satisfies RemoteParts["wire"];
  let endTurn = () => {};
  const context: PluginContext = { clock: () => wall, verifiedExe: () => true };
  const remote = new Remote({
    ...{ client: "web1", concurrency: 1, attemptTimeout: 1000, wire, file: undefined, context },
    ...{ policyAge: DAY, accounts: { passwd: [], group: [] }, now: () => 0, lasting: () => lasting },
    sleep: (_, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    log(_level, message) {
      if (message.startsWith("The policy of")) hasPolicy();
      if (message.includes("its policy decides")) isOffline();
    },
  });
  await known;
  isAway = true;
  endTurn();
  await offline;
  const decide = () =>
    remote.decide(event(), {
      ...{ signal: new AbortController().signal, deadline: 1e15, calls: 1, asked: undefined },
    });
  wall -= 365 * DAY;
  await rejects(decide(), /its policy is 365d old, 1d are allowed/);
  wall += 365 * DAY;
  const { why } = (await decide())!;
  match(why, /policy of the server, which is away/);
  lasting += DAY + 1000;
  await rejects(decide(), /its policy is 1d1s old/);
  equal(remote.counters()["policy age (s)"], 86_401);
  remote.close();
});
