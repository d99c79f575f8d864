/** What is kept of a call that a program made, so that a rule can be written that allows it. */

import { carrierOf } from "../../ffi/mod.ts";
import type { EventName, SnetEvent, Socket } from "../event.ts";
import { FAMILIES, familyName, protocolName, PROTOCOLS, SOCKET_TYPES, typeName } from "../events.ts";
import { destination, nameOf } from "../rule_file/draft.ts";
import { constantOf } from "./others.ts";

/** The operands of a call, each as the text that a rule has for it; "" where the call has none. */
export interface LearnedCall {
  readonly event: EventName;
  readonly program: LearnedProgram;
  /** Names; family and type only where the others do not tell them. */
  readonly family: string;
  readonly type: string;
  readonly proto: string;
  /** `192.0.2.1`, `unix:/run/x.sock`, `@abstract`. */
  readonly from: string;
  readonly to: string;
  readonly port: string;
  /** True where it is sent from a port that the program asked for: an answer of a server. */
  readonly answers: boolean;
  /** Why no rule could be written for just this; undefined where one can. */
  readonly unwritable: string | undefined;
}

/** Who called. */
export interface LearnedProgram {
  /** Tells programs apart. */
  readonly key: string;
  /** The path; undefined where no rule can name it. */
  readonly exe: string | undefined;
  /** What people know it by. */
  readonly text: string;
  /** Why no rule can name it. */
  readonly unnamed: string | undefined;
}

const { inet: AF_INET, inet6: AF_INET6, unix: AF_UNIX } = FAMILIES as Record<
  "inet" | "inet6" | "unix",
  number
>;
const { stream: SOCK_STREAM, dgram: SOCK_DGRAM } = SOCKET_TYPES;
const { tcp: IPPROTO_TCP, udp: IPPROTO_UDP } = PROTOCOLS;

/** Events whose `to` is the own address; see isInbound of plugins/rules/rule.ts. */
const INBOUND: ReadonlySet<EventName> = new Set<EventName>([
  "snet.bind",
  "snet.listen",
  "snet.accept",
  "snet.post_accept",
  "snet.recvmsg",
]);

/** Ports of this machine that were seen, as `PROTO PORT`. */
export class SeenPorts {
  /** Those that a program asked for. */
  readonly bound: Set<string> = new Set();
  /** All others: the kernel chose them. */
  readonly chosen: Set<string> = new Set();

  /** Takes note of the own port of a call; says whether a program asked for it. */
  note(name: EventName, proto: string, port: number | undefined): boolean {
    if (port === undefined || port === 0) return false;
    const key = `${proto} ${port}`;
    if (name === "snet.bind") this.bound.add(key);
    if (this.bound.has(key)) return true;
    this.chosen.add(key);
    return false;
  }
}

/** Reads an event; keeps nothing of it but texts. */
export function learnedCall(
  event: SnetEvent,
  ports: SeenPorts,
  verifiedExe: (event: SnetEvent) => boolean,
): LearnedCall {
  const { name, local, remote, socket } = event;
  const inbound = INBOUND.has(name);
  const kind = kindOf(name, socket);
  const isBound = ports.note(name, kind.proto, local?.port);
  const there = inbound ? local : remote;
  const to = there && nameOf(there);
  const from = name === "snet.post_accept" || name === "snet.recvmsg" ? remote && nameOf(remote) : "";
  const unwritable = name === "snet.socket" ? undefined : unwritableAddress(socket, to, name, from);
  return {
    event: name,
    program: programOf(event, verifiedExe),
    ...kind,
    from: from ?? "",
    to: name === "snet.socket" || to === undefined ? "" : destination(name, to),
    port: there?.port === undefined ? "" : String(there.port),
    answers: isBound && name === "snet.sendmsg",
    unwritable,
  };
}

function programOf(event: SnetEvent, verifiedExe: (event: SnetEvent) => boolean): LearnedProgram {
  const { exe, exeUnlinked, comm, exeMntns } = event.task;
  if (exe === undefined) {
    return unnamed(comm, `thread "${comm}"`, "its executable is not known");
  }
  if (exeUnlinked) return unnamed(exe, exe, "it had no name any more when it was executed");
  if (!verifiedExe(event)) {
    return unnamed(`${exe} ${exeMntns}`, exe, "the path is not that of the file which runs, seen from here");
  }
  return { key: `e ${exe}`, exe, text: exe, unnamed: undefined };
}

function unnamed(key: string, text: string, why: string): LearnedProgram {
  return { key: `u ${key} ${why}`, exe: undefined, text, unnamed: why };
}

/** A rule without the address would hold for every address. */
function unwritableAddress(
  socket: Socket,
  to: string | undefined,
  name: EventName,
  from: string | undefined,
): string | undefined {
  const family = carrierOf(socket);
  if (to !== undefined && (from !== undefined || name === "snet.recvmsg")) return undefined;
  if (family === AF_INET || family === AF_INET6 || family === AF_UNIX) return "the call has no address";
  return `rules have no word for addresses of ${constantOf(family)}`;
}

/** What of a socket a rule must name: a protocol tells its usual type, an address its family. */
function kindOf(name: EventName, socket: Socket): Pick<LearnedCall, "family" | "type" | "proto"> {
  const { family, type, protocol } = socket;
  const hasAddress = name !== "snet.socket";
  const carrier = carrierOf(socket);
  const ip = carrier === AF_INET || carrier === AF_INET6;
  const shown = hasAddress && (ip || family === AF_UNIX) ? "" : familyName(family);
  if (!ip) {
    return { family: shown, type: typeName(type), proto: protocol === 0 ? "" : String(protocol) };
  }
  // What carries TCP or UDP by another name counts as these (plugins/rules/README.md).
  if (carrier !== family) {
    return { family: shown, type: "", proto: family === FAMILIES.rxrpc ? "udp" : "tcp" };
  }
  const usual = type === SOCK_STREAM ? IPPROTO_TCP : type === SOCK_DGRAM ? IPPROTO_UDP : undefined;
  const proto = protocol === 0 ? usual ?? 0 : protocol;
  return { family: shown, type: proto === usual ? "" : typeName(type), proto: protocolName(proto) };
}
