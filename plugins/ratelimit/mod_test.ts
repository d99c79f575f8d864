import assert from "node:assert/strict";
import type { Options, PluginContext, SnetEvent } from "../../core/mod.ts";
import { event, type EventInit } from "../../core/testing.ts";
import ratelimit from "./mod.ts";

type RateOptions = Options<typeof ratelimit.options>;

const DEFAULTS: RateOptions = {
  rate: 2,
  per: 1000,
  method: "token-bucket",
  burst: undefined,
  by: ["program"],
  events: ["snet.out"],
  except: [],
  over: "deny",
  errno: "EPERM",
  below: "pass",
  keys: 100,
};

let now = 5000;
const context: PluginContext = { clock: () => now, verifiedExe: ({ task }) => task.exeMntns !== 1 };

function load(options: Partial<RateOptions> = {}) {
  const prepared = ratelimit.prepare!({ ...DEFAULTS, ...options }, context);
  // As it reaches the reactor.
  return ratelimit.setup(structuredClone(prepared), context);
}

/** How many calls of each kind, taken in turn, come through. */
function passed(options: Partial<RateOptions>, kinds: readonly EventInit[], rounds = 5): number[] {
  const limit = load(options);
  const counts = kinds.map(() => 0);
  for (let round = 0; round < rounds; round++) {
    for (const [index, kind] of kinds.entries()) {
      if (limit.decide!(event(kind)) === undefined) counts[index]!++;
    }
  }
  return counts;
}

Deno.test("calls within the rate are left to the next plugin, those above are denied until time has passed", () => {
  const limit = load({ errno: "ECONNREFUSED" });
  const decide = () => limit.decide!(event());
  assert.deepEqual([decide(), decide()], [undefined, undefined]);
  assert.deepEqual(decide(), { action: "deny", why: "more than 2 in 1s by program", errno: 111 });
  now += 500;
  assert.deepEqual([decide()?.action, decide()?.action], [undefined, "deny"]);
});

Deno.test("no ticket may answer for what is to be counted", () => {
  const asked = event({ task: { exe: "/usr/bin/curl" } });
  load({ except: ["/usr/bin/curl"] }).decide!(asked);
  const counted: SnetEvent = event();
  load({ by: [] }).decide!(counted);
  const volatile = event();
  volatile.readVolatile();
  assert.equal(counted.read, volatile.read);
  assert.equal(asked.read & volatile.read, volatile.read);
});

Deno.test("what calls are counted by tells them apart, and nothing else does", () => {
  const a: EventInit = {};
  const kinds: Record<string, EventInit> = {
    program: { task: { exeIno: 101n } },
    user: { task: { uid: 7 } },
    cgroup: { task: { cgroup: 1n << 40n } },
    event: { name: "snet.sendmsg" },
    destination: { remote: { ip: "192.0.2.2", port: 443 } },
    "destination-port": { remote: { ip: "192.0.2.1", port: 444 } },
    source: { local: { ip: "192.0.2.9", port: 1 } },
  };
  for (const by of Object.keys(kinds) as (keyof typeof kinds & RateOptions["by"][number])[]) {
    for (const [other, b] of Object.entries(kinds)) {
      const apart = by === other || (by === "destination-port" && other === "destination");
      assert.equal(passed({ by: [by] }, [a, b])[1], apart ? 2 : 1, `${other} by ${by}`);
    }
  }
});

Deno.test("one count for all, and one for each combination", () => {
  const kinds = [1, 2].flatMap((uid) => [1n, 2n].map((exeIno) => ({ task: { uid, exeIno } })));
  assert.deepEqual(passed({ by: [], rate: 3 }, kinds), [1, 1, 1, 0]);
  assert.deepEqual(passed({ by: ["user", "program"] }, kinds), [2, 2, 2, 2]);
  assert.deepEqual(passed({ by: ["user"] }, kinds), [1, 1, 1, 1]);
});

Deno.test("a program is its file, whatever its path and however it calls itself", () => {
  const kinds = [{ task: { exe: "/a", comm: "a" } }, { task: { exe: "/b", comm: "b" } }];
  assert.deepEqual(passed({}, kinds), [1, 1]);
});

Deno.test("addresses of every family are told apart; any is this machine where one goes to it", () => {
  const apart: EventInit[] = [
    { remote: { ip: "::1", port: 1 } },
    { remote: { ip: "::2", port: 1 } },
    { remote: { ip: "fe80::1", scopeId: 2 } },
    { remote: { ip: "fe80::1", scopeId: 3 } },
    { remote: { path: "/run/x" } },
    { remote: { path: "/run/y" } },
    { remote: { abstract: "/run/x" } },
    { remote: { family: 16, portId: 1 } },
    { remote: { family: 16, portId: 2 } },
    { remote: { family: 40, cid: 1 } },
    { remote: { family: 17, ifindex: 1, hardware: Uint8Array.of(1, 2) } },
    { remote: { family: 17, ifindex: 1, hardware: Uint8Array.of(1, 3) } },
    { remote: { family: 31, raw: Uint8Array.of(1) } },
    { remote: undefined },
  ];
  assert.deepEqual(passed({ by: ["destination"] }, apart), apart.map(() => 2));
  const same: EventInit[] = [
    { remote: { ip: "127.0.0.1", port: 1 } },
    { remote: { ip: "0.0.0.0", port: 2 } },
  ];
  assert.deepEqual(passed({ by: ["destination"] }, same), [1, 1]);
  const same6 = same.map((_, index) => ({ remote: { ip: ["::", "::1"][index], port: 1 } }));
  assert.deepEqual(passed({ by: ["destination"] }, same6), [1, 1]);
});

Deno.test("of what comes in, the destination is this end and the source the peer", () => {
  const kinds: EventInit[] = [1, 2].map((end) => ({
    name: "snet.post_accept",
    remote: { ip: `192.0.2.${end}`, port: end },
    local: { ip: "192.0.2.80", port: 80 },
  }));
  const events = ["snet.in"] as const;
  assert.deepEqual(passed({ events, by: ["source"] }, kinds), [2, 2]);
  assert.deepEqual(passed({ events, by: ["destination-port"] }, kinds), [1, 1]);
});

Deno.test("programs that are excepted are not counted, where their path can be believed", () => {
  const other = { task: { exe: "/bin/other" } };
  const except = ["/opt/**"];
  assert.deepEqual(passed({ by: [], except }, [{ task: { exe: "/opt/a/b" } }, other]), [5, 2]);
  assert.deepEqual(passed({ by: [], except }, [{ task: { exe: "/opt/a/b", exeMntns: 1 } }]), [2]);
});

Deno.test("the answers below and above the rate can be others", () => {
  const limit = load({ below: "allow", over: "ask", rate: 1 });
  assert.deepEqual([limit.decide!(event())?.action, limit.decide!(event())?.action], ["allow", "ask"]);
  const passing = load({ below: "allow", over: "pass", rate: 1 });
  assert.deepEqual([passing.decide!(event())?.action, passing.decide!(event())?.action], [
    "allow",
    undefined,
  ]);
});

Deno.test("bursts and windows", () => {
  assert.deepEqual(passed({ rate: 1, burst: 4 }, [{}], 9), [4]);
  assert.deepEqual(passed({ rate: 3, method: "sliding-window" }, [{}], 9), [3]);
});

Deno.test("entries count for themselves", () => {
  const [first, second] = [load({ rate: 1 }), load({ rate: 2 })];
  const both = () => [first, second].map((limit) => limit.decide!(event())?.action);
  assert.deepEqual([both(), both(), both()], [[undefined, undefined], ["deny", undefined], ["deny", "deny"]]);
});

Deno.test("a clock that is set back does not lock anybody out", () => {
  const limit = load({ rate: 1 });
  limit.decide!(event());
  now -= 86_400_000;
  assert.equal(limit.decide!(event())?.action, "deny");
  now += 1000;
  assert.equal(limit.decide!(event()), undefined);
});

Deno.test("woken for the events that count", () => {
  assert.deepEqual(load({ events: ["snet.in", "snet.connect"] }).events, [
    "snet.bind",
    "snet.connect",
    "snet.listen",
    "snet.post_accept",
  ]);
  assert.ok(!load({ events: ["*"] }).events!.includes("snet.close"));
});

Deno.test("options that contradict each other are named", () => {
  assert.throws(() => load({ over: "pass" }), /"over" and "below" are both pass/);
  assert.throws(() => load({ method: "sliding-window", burst: 2 }), /a sliding window has no "burst"/);
  assert.throws(() => load({ errno: "ECONREFUSED" }), /did you mean "ECONNREFUSED"/);
  assert.throws(() => load({ events: [] }), /no events/);
  assert.throws(() => load({ except: ["/opt/{a"] }), /"\{" without "\}"/);
});

Deno.test("where other machines ask, programs and users are counted by machine, destinations are not", () => {
  let client = "web1";
  const there: PluginContext = { ...context, clientOf: () => client };
  const decided = (by: RateOptions["by"]) => {
    const limit = ratelimit.setup(ratelimit.prepare!({ ...DEFAULTS, rate: 1, by }, there), there);
    return ["web1", "web2", "web1"].map((name) => {
      client = name;
      return limit.decide!(event())?.action;
    });
  };
  assert.deepEqual(decided(["user"]), [undefined, undefined, "deny"]);
  assert.deepEqual(decided(["program", "destination"]), [undefined, undefined, "deny"]);
  assert.deepEqual(decided(["destination"]), [undefined, "deny", "deny"]);
});
