/** Rules that allow as good as anything: what a check warns of. */

import { broadPlace, broadPrograms } from "../../core/mod.ts";
import type { Endpoint, Match, Rule } from "./rule.ts";

const OUT = ["snet.connect", "snet.sendmsg"];
const IN = ["snet.listen", "snet.post_accept"];

/** Users below are the system's own, each with one task; 65534 is nobody (login.defs(5)). */
const FIRST_PERSON = 1000;
const NOBODY = 65534;

const AF_INET = 2;
const AF_INET6 = 10;
const TCP = 6;
const UDP = 17;

/** A warning for each rule that allows any program, or one that stands for others, to go anywhere. */
export function broadRules(rules: readonly Rule[]): readonly string[] {
  return rules.flatMap((rule) => {
    const { action, events, match, where } = rule;
    if (action !== "allow" || isOfService(match)) return [];
    const kind = OUT.some((event) => events.includes(event as typeof events[number]))
      ? "snet.out"
      : "snet.in";
    if (kind === "snet.in" && !IN.some((event) => events.includes(event as typeof events[number]))) return [];
    const place = broadPlace(kind, { address: isSomewhere(match), port: isAtPort(match) });
    // Of a program that is told apart, and of any to one place or port, there are many; neither alone is worth a word.
    const [program] = broadPrograms(match.exe?.map(({ source, glob }) => ({ text: source, glob })));
    if (program === undefined || place.length === 0 || isAtPort(match)) return [];
    return [`${where}: this is broad: ${program.text}; ${place[0]!.text}`];
  });
}

function isOfService({ user, unit, cgroup }: Match): boolean {
  return unit !== undefined || cgroup !== undefined ||
    user !== undefined && user.every((uid) => uid > 0 && uid < FIRST_PERSON || uid === NOBODY);
}

function isSomewhere({ to, from, family, proto }: Match): boolean {
  const ends = [to, from].filter((end) => end !== undefined);
  return ends.some((end) => !end.some(isEverywhere)) ||
    family !== undefined && !family.some((number) => number === AF_INET || number === AF_INET6) ||
    proto !== undefined && !proto.some(({ number }) => number === TCP || number === UDP);
}

function isEverywhere(endpoint: Endpoint): boolean {
  if (endpoint.kind === "network") return endpoint.network.bits === 0;
  return endpoint.kind === "networks" && endpoint.networks.some(({ bits }) => bits === 0);
}

function isAtPort({ port }: Match): boolean {
  return port !== undefined && !port.some(({ first, last }) => first <= 1 && last === 65535);
}
