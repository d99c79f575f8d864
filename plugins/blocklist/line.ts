/** Reads the lines of lists, in whichever of the usual formats each is written. */

import { type Network, parseAddress, parseIpv4, parseNetworks } from "../parts/address.ts";
import { BELOW, NAME, type Reach } from "./domains.ts";
import type { DomainsBuilder } from "./domains_builder.ts";
import type { NetworksBuilder } from "./networks_builder.ts";

/** The longest line with a meaning is one of a hosts file with a few names of 253 characters. */
const LONGEST_LINE = 4096;

const NO_ENTRY = "this is no address, network or domain";
const NO_NETWORK = "this is no address or network";

/** Puts what lines hold where it belongs. Texts are read by their places: a million lines as strings are many. */
export class LineReader {
  /** Number of the list that is read. */
  list = 0;
  /** Entries so far, exceptions and repeated ones too. */
  entries = 0;
  /** Of them those with a domain. */
  domainEntries = 0;

  /** `plain` is how far a domain reaches that stands alone in its line. */
  constructor(
    readonly domains: DomainsBuilder,
    readonly networks: NetworksBuilder,
    readonly plain: Reach,
  ) {}

  /** Reads the line between two places of a text; says what is wrong with it, if anything. */
  read(text: string, from: number, to: number): string | undefined {
    while (from < to && isSpace(text.charCodeAt(from))) from++;
    while (from < to && isSpace(text.charCodeAt(to - 1))) to--;
    if (from === to || isComment(text, from, to)) return undefined;
    if (to - from > LONGEST_LINE) return `a line of ${to - from} characters; ${LONGEST_LINE} at most`;
    const end = wordEnd(text, from, to);
    const second = wordStart(text, end, to);
    if (isCommand(text, from)) {
      const outcome = this.#command(text, from, end, second, to);
      if (outcome !== NO_COMMAND) return outcome;
    }
    return second === to ? this.#word(text, from, end) : this.#hosts(text, from, end, second, to);
  }

  /** A word that stands alone: an address, a network, a domain, or what Adblock makes of them. */
  #word(text: string, from: number, to: number): string | undefined {
    const excepted = text.startsWith("@@", from);
    if (excepted) from += 2;
    const isAdblock = text.startsWith("||", from);
    if (isAdblock) {
      from += 2;
      const end = adblockEnd(text, from, to);
      if (end === undefined) return "a rule narrower than a domain; only ||domain^ is read";
      to = end;
    }
    // Lists that write *.domain or .domain mean the domain too: they do not name it besides.
    const wild = text.startsWith("*.", from) ? 2 : text.startsWith(".", from) ? 1 : 0;
    const reach = wild > 0 || isAdblock ? BELOW : this.plain;
    return this.#entry(text, from + wild, to, reach, excepted, isAdblock);
  }

  #entry(
    text: string,
    from: number,
    to: number,
    reach: Reach,
    excepted: boolean,
    single: boolean,
  ): string | undefined {
    if (isAddressLike(text, from, to)) return this.#network(text, from, to, excepted, NO_ENTRY);
    const problem = this.domains.add(text, from, to, reach, excepted, single, this.list);
    if (problem !== undefined) return problem;
    this.entries++;
    this.domainEntries++;
    return undefined;
  }

  /** A line of a hosts file: an address that leads nowhere, and names. */
  #hosts(text: string, from: number, end: number, second: number, to: number): string | undefined {
    const leadsNowhere = isSink(text, from, end);
    if (leadsNowhere === undefined) return "more than one word, and the first is no address";
    let problem: string | undefined;
    for (let at = second; at < to;) {
      const end = wordEnd(text, at, to);
      if (!isOwnName(text, at, end)) {
        problem ??= leadsNowhere
          ? this.#entry(text, at, end, NAME, false, true)
          : "a name of a real address; a line of a blocklist has 0.0.0.0, 127.0.0.1, :: or ::1";
      }
      at = wordStart(text, end, to);
    }
    return problem;
  }

  /** A line of `ipset save`. */
  #command(
    text: string,
    from: number,
    end: number,
    second: number,
    to: number,
  ): string | undefined | typeof NO_COMMAND {
    const word = text.slice(from, end);
    if (IGNORED_COMMANDS.has(word)) return undefined;
    if (word !== "add" || second === to) return NO_COMMAND;
    const at = wordStart(text, wordEnd(text, second, to), to);
    const entryEnd = wordEnd(text, at, to);
    const excepted = / nomatch(?: |$)/.test(text.slice(entryEnd, to));
    return this.#network(text, at, entryEnd, excepted, NO_NETWORK);
  }

  #network(text: string, from: number, to: number, excepted: boolean, no: string): string | undefined {
    const problem = this.#addNetwork(text, from, to, excepted, no);
    if (problem === undefined) this.entries++;
    return problem;
  }

  #addNetwork(text: string, from: number, to: number, excepted: boolean, no: string): string | undefined {
    const { networks, list } = this;
    const end = slashIn(text, from, to);
    const written = end === to ? undefined : prefixLength(text, end + 1, to);
    if (end !== to && written === undefined) return no;
    if (written === 0) return "every address there is; say that by the default, not in a list";
    const ipv4 = parseIpv4(text, from, end);
    if (ipv4 !== undefined) {
      if (written !== undefined && written > 32) return no;
      networks.add4(ipv4, written ?? 32, excepted, list);
      return undefined;
    }
    const address = parseAddress(text, from, end);
    if (address === undefined) {
      return written === undefined ? this.#addRange(text.slice(from, end), excepted, no) : no;
    }
    const { words, mapped } = address;
    const bits = (written ?? 128) - (mapped ? 96 : 0);
    if (bits <= 0 || bits > 32 * words.length) return no;
    if (mapped) networks.add4(words[0]!, bits, excepted, list);
    else networks.add6(words, bits, excepted, list);
    return undefined;
  }

  #addRange(text: string, excepted: boolean, no: string): string | undefined {
    const networks = rangeOf(text);
    if (networks === undefined) return no;
    for (const { family, words, bits } of networks) {
      if (family === 4) this.networks.add4(words[0]!, bits, excepted, this.list);
      else this.networks.add6(words, bits, excepted, this.list);
    }
    return undefined;
  }
}

const NO_COMMAND = Symbol("no command");

/** What `ipset save` and files for `ipset restore` say besides their entries. */
const IGNORED_COMMANDS = new Set(["create", "flush", "destroy", "COMMIT", "quit"]);

/** Options of Adblock rules that do not make a rule narrower. */
const WIDE_OPTIONS = new Set(["all", "important"]);

const DOT = 46;
const SLASH = 47;

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}

/** `#` of hosts files, `!` and `[Adblock Plus]` of Adblock, `;` of DROP lists, `//`. */
function isComment(text: string, from: number, to: number): boolean {
  const code = text.charCodeAt(from);
  if (code === 35 || code === 33 || code === 59) return true;
  if (code === 91) return text.charCodeAt(to - 1) === 93;
  return code === 47 && text.charCodeAt(from + 1) === 47;
}

function wordEnd(text: string, from: number, to: number): number {
  while (from < to && !isSpace(text.charCodeAt(from))) from++;
  return from;
}

/** The next word, or the end of the line where none or only a comment follows. */
function wordStart(text: string, from: number, to: number): number {
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  const code = from < to ? text.charCodeAt(from) : 35;
  return code === 35 || code === 59 ? to : from;
}

/** Whether a line may begin with a word of ipset's: most need not be looked at closer. */
function isCommand(text: string, from: number): boolean {
  switch (text.charCodeAt(from)) {
    case 97:
      return text.startsWith("add", from);
    case 99:
      return text.startsWith("create", from);
    case 100:
      return text.startsWith("destroy", from);
    case 102:
      return text.startsWith("flush", from);
    case 113:
      return text.startsWith("quit", from);
    case 67:
      return text.startsWith("COMMIT", from);
    default:
      return false;
  }
}

/** Where the domain of `domain^` ends; undefined where what follows makes the rule narrower. */
function adblockEnd(text: string, from: number, to: number): number | undefined {
  let end = from;
  while (end < to && text.charCodeAt(end) !== 94 && text.charCodeAt(end) !== 36) end++;
  let rest = end;
  if (text.charCodeAt(rest) === 94 && rest < to) rest++;
  if (text.charCodeAt(rest) === 124 && rest < to) rest++;
  if (rest >= to) return end;
  if (text.charCodeAt(rest) !== 36) return undefined;
  const options = text.slice(rest + 1, to).split(",");
  return options.every((option) => WIDE_OPTIONS.has(option)) ? end : undefined;
}

/** Whether a word can only be an address, network or range: it has a colon or a slash, or nothing but digits, `.` and `-`. */
function isAddressLike(text: string, from: number, to: number): boolean {
  let isNumeric = true;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 58 || code === 47) return true;
    if ((code < 48 || code > 57) && code !== DOT && code !== 45) isNumeric = false;
  }
  return isNumeric;
}

/** Where the first slash of a word is, else its end; indexOf() would look through the whole text for it. */
function slashIn(text: string, from: number, to: number): number {
  while (from < to && text.charCodeAt(from) !== SLASH) from++;
  return from;
}

/** Up to three digits as a number; undefined where they are none. */
function prefixLength(text: string, from: number, to: number): number | undefined {
  if (to === from || to - from > 3) return undefined;
  let length = 0;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return undefined;
    length = length * 10 + code - 48;
  }
  return length;
}

/** The networks of two addresses with a hyphen between them; undefined where that is no range. */
function rangeOf(text: string): readonly Network[] | undefined {
  if (!text.includes("-")) return undefined;
  try {
    return parseNetworks(text);
  } catch {
    return undefined;
  }
}

/** Whether an address leads to nothing or to the machine itself; undefined where it is no address. */
function isSink(text: string, from: number, to: number): boolean | undefined {
  const ipv4 = parseIpv4(text, from, to);
  if (ipv4 !== undefined) return ipv4 === 0 || ipv4 === -1 || ipv4 >>> 24 === 127;
  const address = parseAddress(text.slice(from, to).replace(/%.*/, ""));
  if (address === undefined) return undefined;
  const [a, b, c, d] = address.words;
  if (address.mapped) return a === 0 || a! >>> 24 === 127;
  return a === 0 && b === 0 && c === 0 && (d === 0 || d === 1);
}

/** Whether a hosts file means the machine itself and its links by a name: no such name is meant to be blocked. */
function isOwnName(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (text.charCodeAt(at) === DOT) {
      return text.startsWith("localhost.", from) || (text.startsWith("0.0.0.0", from) && to - from === 7);
    }
  }
  // ip6-allnodes, broadcasthost and the like.
  return true;
}
