/** Random rule files and events in a small world, so that they meet often. The same seed gives the same. */

import type { EventName } from "../../core/mod.ts";
import type { AddressInit, EventInit } from "../../core/testing.ts";

/** A generator of numbers (mulberry32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** From 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True in one of `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** One to `most` of the values. */
  some<T>(values: readonly T[], most: number): T[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.pick(values));
  }
}

const EVENTS: readonly EventName[] = ["snet.connect", "snet.sendmsg", "snet.bind", "snet.post_accept"];
const EXES = [
  "/usr/bin/curl",
  "/usr/bin/nc",
  "/usr/local/bin/curl",
  "/opt/app/bin/run",
  "/opt/app/run",
  "/a{b",
  "/b",
];
const EXE_VALUES = [
  ...EXES.map((exe) => exe.replace("{", "\\{")),
  "/usr/bin/*",
  "/usr/**/curl",
  "**/curl",
  "**/run",
  "/opt/**",
  "/opt/**/run",
  "/usr/{bin,local/bin}/curl",
  "/usr/bin/[a-c]*",
  "/usr/bin/[!a-c]?",
  "/?",
  "/**",
  "/a\\{*",
];
const COMMS = ["curl", "nc", "worker/0", "worker/17"];
const COMM_VALUES = [...COMMS, "worker*", "?c", "{curl,wget}", "*/0"];
const IDS = [0, 33, 1000, 1001];
const CGROUPS: readonly [bigint, string | undefined][] = [
  [10n, "/system.slice/nginx.service"],
  [11n, "/system.slice/nginx.service/worker"],
  [12n, "/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service"],
  [13n, "/"],
  [14n, undefined],
];
const CGROUP_VALUES = [
  "10",
  "11",
  "14",
  "/system.slice/**",
  "/system.slice/nginx.service",
  "/**/nginx.service",
];
const UNIT_VALUES = ["nginx.service", "user@*.service", "*.slice", "user@1000.service"];
const IPV4 = [
  "0.0.0.0",
  "127.0.0.1",
  "10.0.0.1",
  "10.0.0.2",
  "10.1.2.3",
  "192.168.1.1",
  "192.168.1.9",
  "8.8.8.8",
];
const IPV6 = ["::", "::1", "fd00::1", "fd00:1::5", "2001:db8::8"];
const PATHS: readonly AddressInit[] = [
  { path: "/run/a.sock" },
  { path: "/run/b/c.sock" },
  { abstract: "x" },
  {
    abstract: "xy/z",
  },
  {},
];
const ADDRESS_VALUES = [
  ...IPV4,
  ...IPV6,
  "0.0.0.0/0",
  "::/0",
  "10.0.0.0/8",
  "10.0.0.0/30",
  "10.0.0.1-10.1.2.3",
  "192.168.0.0/16",
  "192.168.1.0/28",
  "127.0.0.0/8",
  "fd00::/8",
  "fd00::/64",
  "fd00::1-fd00:1::5",
  "::ffff:10.0.0.0/104",
  "unix:/run/*.sock",
  "unix:/run/a.sock",
  "unix:/run/**",
  "@x*",
  "@x",
  "$lan",
  "$many",
];
const PORTS = [0, 22, 53, 80, 443, 8000, 8080, 8100, 65535];
const PORT_VALUES = [
  ...PORTS.map(String),
  "https",
  "8000-8100",
  "1-1023",
  "1024-65535",
  "0-65535",
  "443-8080",
  "$web",
];
const PAYLOADS = ["GET / HTTP/1.1", "\x16\x03\x01abc", "hello", ""];
const PAYLOAD_VALUES = [
  "hello",
  { text: "GET", at: 0 },
  { hex: "16 03" },
  { regexp: "^(GET|POST) /" },
  { regexp: "l{2,3}o$" },
  { regexp: "[a-c]+" },
];

type Value = string | number | { [key: string]: unknown };

const VALUES: Readonly<Record<string, readonly Value[]>> = {
  exe: EXE_VALUES,
  comm: COMM_VALUES,
  user: IDS,
  group: IDS,
  cgroup: CGROUP_VALUES,
  unit: UNIT_VALUES,
  netns: ["host", 7, 8],
  family: ["inet", "inet6", "unix"],
  type: ["stream", "dgram"],
  proto: ["tcp", "udp", 6, 17, 0],
  from: ADDRESS_VALUES,
  to: ADDRESS_VALUES,
  port: PORT_VALUES,
  payload: PAYLOAD_VALUES,
  time: ["09:00-17:30", "22:00-06:00", "00:00-24:00"],
  days: ["mon-fri", "sun", "sat-mon"],
};
/** Those that a rule of the random world is likely to have. */
const COMMON = ["exe", "exe", "user", "to", "to", "port", "port", "proto", "comm"];

/** A rule file as JSON, which YAML includes. */
export function randomFile(chance: Chance, count: number): string {
  return JSON.stringify({
    version: 1,
    sets: {
      lan: ["10.0.0.0/8", "192.168.0.0/16", "fd00::/8"],
      many: IPV4.concat(IPV6),
      web: [80, 443, "8000-8100"],
    },
    rules: Array.from({ length: count }, () => randomRule(chance)),
  });
}

function randomRule(chance: Chance): Record<string, unknown> {
  const event = chance.pick(["snet.out", "snet.out", "snet.in", "*", ...EVENTS]);
  const rule: Record<string, unknown> = { [chance.pick(["allow", "deny"])]: event };
  const not: Record<string, unknown> = {};
  for (let i = chance.below(5); i > 0; i--) {
    const operand = chance.oneIn(3) ? chance.pick(Object.keys(VALUES)) : chance.pick(COMMON);
    if (operand === "payload" && event !== "snet.sendmsg" && event !== "*" && event !== "snet.out") continue;
    if (operand === "from" && event === "snet.bind") continue;
    const target = chance.oneIn(8) ? not : rule;
    target[operand] = chance.some(VALUES[operand]!, 3);
  }
  if (Object.keys(not).length > 0) rule.not = not;
  return rule;
}

/** Paths of the cgroups of the random world. */
export const CGROUP_PATHS: ReadonlyMap<bigint, string | undefined> = new Map(CGROUPS);

export function randomEvent(chance: Chance): EventInit {
  const name = chance.pick(EVENTS);
  return {
    name,
    task: {
      // An executable of another mount namespace is the one that the tests do not verify.
      exeMntns: chance.oneIn(8) ? 1 : 2,
      exe: chance.oneIn(20) ? undefined : chance.pick(EXES),
      comm: chance.pick(COMMS),
      uid: chance.pick(IDS),
      gid: chance.pick(IDS),
      cgroup: chance.pick(CGROUPS)[0],
      netns: chance.pick([7, 8, 9]),
    },
    socket: {
      family: chance.pick([1, 2, 2, 10]),
      type: chance.pick([1, 2]),
      protocol: chance.pick([0, 6, 17]),
    },
    local: randomAddress(chance),
    remote: name === "snet.bind" ? undefined : randomAddress(chance),
    ...(name !== "snet.sendmsg" || chance.oneIn(4) ? {} : { payload: chance.pick(PAYLOADS) }),
  };
}

function randomAddress(chance: Chance): AddressInit | undefined {
  if (chance.oneIn(10)) return undefined;
  if (chance.oneIn(6)) return chance.pick(PATHS);
  const ip = chance.oneIn(3) ? chance.pick(IPV6) : chance.pick(IPV4);
  return { ip, port: chance.pick(PORTS) };
}
