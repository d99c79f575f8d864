/**
 * What a question says, and what an answer to it is about. Every text is printable: programs choose their names,
 * paths and arguments, and rules theirs.
 */

import {
  addressText,
  callName,
  commandText,
  printableWord,
  protocolText,
  type ShownAddress,
  type ShownEvent,
} from "../cli/describe.ts";
import { attributesText, wishFor } from "../cli/shown.ts";
import { printable } from "../cli/text.ts";
import { localUsers, type UserName } from "../cli/users.ts";
import { eventJson } from "../control/json.ts";
import type { Address, EventName, SnetEvent, Task } from "../event.ts";
import { EVENT_ALIASES, familyName, isProtocolEvent, protocolName, typeName } from "../events.ts";
import { ExeVerifier } from "../identity.ts";
import type { Asking, PluginContext } from "../plugin.ts";
import { knownAs } from "../names/known.ts";
import { nameOf } from "../rule_file/draft.ts";

/** How far an answer goes. */
export type AnswerScope = "once" | "program" | "address" | "always";

/** What an answer may be about besides this one call. */
export interface Subject {
  /** `snet.out`, `snet.in`, or the event itself where it is neither. */
  readonly kind: string;
  /** The events that an answer about an address is for, in words of rules. */
  readonly events: readonly string[];
  /** The executable; undefined where it is not known. */
  readonly program: { readonly key: string; readonly exe: string } | undefined;
  /** The server's end; undefined where there is none that could come again. */
  readonly address: SubjectAddress | undefined;
}

/** The server's address of a call, as operands of a rule (plugins/rules/README.md) have it. */
export interface SubjectAddress {
  readonly key: string;
  /** `192.0.2.1`, `fd00::1`, `unix:/run/x.sock`, `@abstract`. */
  readonly to: string;
  /** The peer that is let in; only of post_accept. */
  readonly from: string | undefined;
  readonly port: number | undefined;
  readonly proto: string | undefined;
  /** Interface of a link-local address. */
  readonly scopeId: number | undefined;
}

/** An answer that is to last longer than the run, with the operands of its rule. */
export interface SavedAnswer {
  readonly action: "allow" | "deny";
  readonly scope: Exclude<AnswerScope, "once">;
  /** `snet.out`, `snet.in`, or names of events. */
  readonly events: readonly string[];
  readonly exe: string | undefined;
  readonly to: string | undefined;
  readonly from: string | undefined;
  readonly port: number | undefined;
  readonly proto: string | undefined;
}

/** A line that tells something, under a label. */
export interface Fact {
  readonly label: string;
  readonly text: string;
  /** Which part may be left out where there is no room. */
  readonly cut: "start" | "end";
}

/** A question, ready to be shown. */
export interface Question {
  /** `curl[4321]`. */
  readonly who: string;
  /** The same without its number. */
  readonly name: string;
  /** `connect to 192.0.2.1:443 (tcp)`. */
  readonly wish: string;
  readonly facts: readonly Fact[];
  readonly subject: Subject;
  /** Questions with one text here read the same but for their numbers: they share one answer. */
  readonly equal: string;
}

/** What a question needs to know of the world. */
export interface Surroundings {
  /** The user who runs snet. */
  readonly uid: number;
  readonly userName: UserName;
  /** True where the path of the executable names that very file here. */
  readonly verifiedExe: (event: SnetEvent) => boolean;
  /** Names behind the remote address, where a resolver that is trusted tells them. */
  readonly names?: PluginContext["names"] | undefined;
}

/** What this process knows. */
export function surroundingsOfSelf(): Surroundings {
  const verifier = ExeVerifier.ofSelf();
  return { uid: Deno.uid() ?? -1, userName: localUsers(), verifiedExe: (event) => verifier.verify(event) };
}

/** The question that an event is. Reads it at once and keeps nothing of it. */
export function questionOf(event: SnetEvent, asked: Asking["asked"], around: Surroundings): Question {
  const { task } = event;
  const path = task.exe ?? task.comm;
  const name = printableWord(path.slice(path.lastIndexOf("/") + 1));
  const wish = wishOf(event);
  const subject = subjectOf(event);
  const facts = [
    ...programFacts(event, around),
    ...parentsFact(task),
    ...commandFact(task),
    ...attributesFact(event),
    ...task.uid === around.uid ? [] : [fact("user", printableWord(around.userName(task.uid)))],
    ...asked === undefined ? [] : [fact("asked by", `${printable(asked.plugin)}: ${printable(asked.why)}`)],
  ];
  const equal = JSON.stringify([
    event.name,
    name,
    wish,
    ...facts.map(({ text }) => text),
    subject.program?.key,
    subject.address?.key,
  ]);
  // A name that comes meanwhile makes no other question.
  const names = knownAs(around.names?.(event)).map(printableWord);
  return {
    who: `${name}[${task.pid}]`,
    name,
    wish: withName(wish, event, names[0]),
    facts: [...namesFact(names), ...facts],
    subject,
    equal,
  };
}

/** Names that fit into a line. */
const SHOWN_NAMES = 3;

/** What programs asked the resolver for when it gave this address, the latest first. */
function namesFact(names: readonly string[]): Fact[] {
  if (names.length === 0) return [];
  const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : "";
  return [fact("known as", `${names.slice(0, SHOWN_NAMES).join(", ")}${more}`)];
}

/** `connect to example.org at 192.0.2.1:443 (tcp)`: the name is a guess, the address is what an answer is about. */
function withName(wish: string, { remote }: SnetEvent, name: string | undefined): string {
  if (name === undefined || remote === undefined) return wish;
  const to = ` to ${addressText(remote)}`;
  return wish.replace(to, () => ` to ${name} at ${to.slice(4)}`);
}

function fact(label: string, text: string, cut: Fact["cut"] = "end"): Fact {
  return { label, text, cut };
}

function programFacts(event: SnetEvent, { verifiedExe }: Surroundings): Fact[] {
  const { exe, exeUnlinked, comm } = event.task;
  if (exe === undefined) return [fact("program", `not known; its thread is called ${printableWord(comm)}`)];
  const program = fact("program", printableWord(exe), "start");
  if (exeUnlinked) return [program, fact("", "that file is deleted")];
  return verifiedExe(event) ? [program] : [program, fact("", "maybe another file of that name")];
}

function parentsFact({ parents = [] }: Task): Fact[] {
  if (parents.length === 0) return [];
  const names = parents.map(({ exe }) =>
    exe === undefined ? "?" : printableWord(exe.slice(exe.lastIndexOf("/") + 1))
  );
  return [fact("run by", names.join(" ← "))];
}

function commandFact({ cmdline = [] }: Task): Fact[] {
  if (cmdline.length === 0) return [];
  return [fact("command", commandText(cmdline))];
}

/** All of them: two events that differ in one that no wish shows are two questions. */
function attributesFact(event: SnetEvent): Fact[] {
  const text = event.attributes === undefined ? "" : attributesText(eventJson(event));
  return text === "" ? [] : [fact("about", printable(text))];
}

/** What the program wants, in words that go on "wants to …". */
function wishOf(event: SnetEvent): string {
  if (!isProtocolEvent(event.name)) return wishFor(eventJson(event));
  const { local, remote, socket } = event;
  const proto = protocolText(socket);
  const there = remote === undefined ? undefined : `${addressText(remote)} (${proto})`;
  const here = local === undefined ? undefined : `${ownAddress(local)} (${proto})`;
  switch (callName(event as ShownEvent)) {
    case "connect":
      // AF_UNSPEC is no address: it ends an association (connect(2)).
      return there === undefined ? `disconnect a socket (${proto})` : `connect to ${there}`;
    case "sendmsg":
      return there === undefined ? `send on a socket (${proto})` : `send to ${there}`;
    case "bind":
      return `bind to ${here ?? `an address (${proto})`}`;
    case "listen":
      return `listen on ${here ?? `a socket (${proto})`}`;
    case "accept":
      return `wait for connections on ${here ?? `a socket (${proto})`}`;
    case "post_accept": {
      const from = remote === undefined ? "" : ` from ${addressText(remote)}`;
      return `accept a connection${from} on ${here ?? `a socket (${proto})`}`;
    }
    case "recvmsg":
      return `receive${there === undefined ? ` on a socket (${proto})` : ` from ${there}`}`;
    case "shutdown":
      return `shut down a connection${there === undefined ? ` (${proto})` : ` to ${there}`}`;
    case "socket":
      return `open a socket (${familyName(socket.family)}, ${
        socket.protocol === 0 ? typeName(socket.type) : proto
      })`;
    default:
      return `${callName(event as ShownEvent)} (${proto})`;
  }
}

/** The own address of a server: which of them is "all", and port 0, are not for everybody to know. */
function ownAddress(address: ShownAddress): string {
  const { ip, port } = address;
  const text = port === 0
    ? `${addressText(address).replace(/:0$/, "")}, any free port`
    : addressText(address);
  return ip === "0.0.0.0" || ip === "::" ? `${text}, open to other machines` : text;
}

const OUT = new Set<EventName>(EVENT_ALIASES["snet.out"]);
const IN = new Set<EventName>([...EVENT_ALIASES["snet.in"]!, "snet.accept"]);

/** What an answer to the call may be about. */
export function subjectOf(event: SnetEvent): Subject {
  const { name } = event;
  if (OUT.has(name)) {
    return {
      kind: "snet.out",
      events: ["snet.out"],
      program: programOf(event.task),
      address: outwards(event),
    };
  }
  if (!IN.has(name)) {
    return { kind: name, events: [name], program: programOf(event.task), address: undefined };
  }
  // An address to listen on is not yet leave for whoever comes: the peer is part of an answer about it.
  const events = name === "snet.bind" || name === "snet.listen" ? ["snet.bind", "snet.listen"] : [name];
  return { kind: "snet.in", events, program: programOf(event.task), address: inwards(event) };
}

/** The change time is part of it: a program that was written over is another one. */
function programOf({ exe, exeUnlinked, exeDev, exeIno, exeGeneration, exeCtime }: Task): Subject["program"] {
  if (exe === undefined || exeUnlinked) return undefined;
  return { key: JSON.stringify([exe, `${exeDev}:${exeIno}:${exeGeneration}:${exeCtime}`]), exe };
}

function outwards({ remote, socket }: SnetEvent): SubjectAddress | undefined {
  return remote && addressOf(remote, protocolOf(socket), undefined);
}

function inwards({ name, local, remote, socket }: SnetEvent): SubjectAddress | undefined {
  // Any free port is another one each time.
  if (local === undefined || local.port === 0) return undefined;
  const from = name === "snet.post_accept" ? remote && nameOf(remote) : undefined;
  if (name === "snet.post_accept" && from === undefined) return undefined;
  return addressOf(local, protocolOf(socket), from);
}

function addressOf(
  address: Address,
  proto: string | undefined,
  from: string | undefined,
): SubjectAddress | undefined {
  const to = nameOf(address);
  if (to === undefined) return undefined;
  const { port, scopeId } = address;
  return { key: JSON.stringify([to, scopeId, port, proto, from]), to, from, port, proto, scopeId };
}

const AF_INET = 2;
const AF_INET6 = 10;
/** What a socket of a type is where it names no protocol. */
const USUAL: Readonly<Record<number, string>> = { 1: "tcp", 2: "udp" };

/** The value of `proto` in a rule, of internet sockets. */
function protocolOf({ family, type, protocol }: SnetEvent["socket"]): string | undefined {
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  return protocol === 0 ? USUAL[type] : protocolName(protocol);
}

/** What an answer says, in words that go on "allow" or "deny". */
export function meaning({ name, wish, subject }: Question, scope: AnswerScope): string {
  const { kind, program, address } = subject;
  const place = address === undefined ? "" : placeOf(kind, address);
  switch (scope) {
    case "once":
      return "this call only";
    case "program":
      return program === undefined ? "" : `${name}: ${anywhere(kind, wish)}`;
    case "address":
      return `any program: ${place}`;
    case "always":
      return `${name}: ${place}`;
  }
}

/** What a program may do by an answer about itself alone. */
export function anywhere(kind: string, wish: string): string {
  if (kind === "snet.out") return "reach any address";
  if (kind === "snet.in") return "listen anywhere, accept from anyone";
  // What an answer is about then is the event, with whatever attributes.
  return isProtocolEvent(kind) ? wish : `any ${kind}`;
}

/** What may be done at an address. */
export function placeOf(kind: string, { to, from, port, proto }: SubjectAddress): string {
  const shown = printableWord(to);
  const server = port === undefined ? shown : shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
  const suffix = proto === undefined ? "" : ` (${proto})`;
  if (kind === "snet.out") return `reach ${server}${suffix}`;
  return from === undefined
    ? `listen on ${server}${suffix}`
    : `accept from ${printableWord(from)} on ${server}${suffix}`;
}

/** The scopes that a question offers, in their order. */
export function scopesOf({ subject }: Question): readonly AnswerScope[] {
  return [
    "once",
    ...subject.program === undefined ? [] : ["program"] as const,
    ...subject.address === undefined ? [] : ["address"] as const,
    ...subject.program === undefined || subject.address === undefined ? [] : ["always"] as const,
  ];
}

/** An answer as a rule would have it. */
export function savedAnswer(
  { subject }: Question,
  action: SavedAnswer["action"],
  scope: SavedAnswer["scope"],
): SavedAnswer {
  const { kind, events, program, address } = subject;
  const place = scope === "program" ? undefined : address;
  return {
    action,
    scope,
    events: scope === "program" ? [kind] : events,
    exe: scope === "address" ? undefined : program?.exe,
    to: place?.to,
    from: place?.from,
    port: place?.port,
    proto: place?.proto,
  };
}
