/** What a daemon tells of, for tests: only what a test is about needs to be said. */

import type { AddressJson, EventJson, Observation } from "../control/api.ts";

/** An event of curl, run by www-data, that connects to 127.0.0.1:8080 by TCP. */
export function eventJson(
  init: Partial<Omit<EventJson, "task" | "local" | "remote">> & {
    readonly task?: Partial<EventJson["task"]>;
    readonly local?: Partial<AddressJson>;
    readonly remote?: Partial<AddressJson> | null;
  } = {},
): EventJson {
  const { task, local, remote = { port: 8080 }, ...rest } = init;
  const inet = { family: 2, ip: "127.0.0.1" };
  return {
    id: "13",
    name: "snet.connect",
    flags: [],
    socket: { family: 2, type: 1, protocol: 6 },
    ...rest,
    ...(local === undefined ? {} : { local: { ...inet, ...local } }),
    ...(remote === null ? {} : { remote: { ...inet, ...remote } }),
    task: {
      pid: 23886,
      tid: 23886,
      ppid: 1,
      startTime: "1000000000",
      uid: 33,
      gid: 33,
      comm: "curl",
      exe: "/usr/bin/curl",
      exeUnlinked: false,
      exeDev: "2050",
      exeIno: "100",
      exeGeneration: 1,
      exeCtime: "0",
      exeMntns: 4026531841,
      cgroup: "1",
      netns: 4026531840,
      mntns: 4026531841,
      ...task,
    },
  };
}

/** Allowed by rule `web` of plugin `rules` after 85 µs. */
export function observation(init: Partial<Observation> = {}): Observation {
  return {
    // No offset: the time that the table shows must not depend on the tester's time zone.
    time: "2026-01-02T14:03:07.123",
    event: eventJson(),
    asked: true,
    action: "allow",
    why: 'rule "web"',
    cause: "verdict",
    plugin: "rules",
    rule: { number: 0, name: "web", where: "rules.yaml:3:5" },
    held: 85.4,
    ...init,
  };
}
