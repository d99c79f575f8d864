/** Names behind addresses, as resolvers that snet trusts tell them: the sources of a configuration and their table. */

import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { geteuid } from "../../ffi/mod.ts";
import { checkFolder } from "../control/folder.ts";
import { ConfigError } from "../yaml.ts";
import type { NamesConfig, SocketConfig } from "./config.ts";
import type { NameAnswer } from "./dns.ts";
import { DnstapSource } from "./dnstap_source.ts";
import { uidOf } from "./peer.ts";
import { ResolvedSource } from "./resolved.ts";
import type { NameSource, SourceParts } from "./source.ts";
import type { NamesJson } from "./status.ts";
import type { NameTable } from "./table.ts";

/** What the sources are given; see {@linkcode SourceParts}. */
export interface NamesParts extends Pick<SourceParts, "log" | "clock" | "later"> {
  readonly table: NameTable;
  /** Seconds of the clock of the table. */
  readonly now: () => number;
  /** The text of passwd(5). */
  readonly passwd?: () => string;
}

/** Seconds for which an answer is believed at most, whatever it says (RFC 8767, 4). */
const MOST_TTL = 7 * 24 * 3600;

/** Sources that are open, and wait to be listened to instead of the former. */
export interface NamesChange {
  /** Those of the former that are not wanted any more are closed. */
  take(): void;
  /** All stays as it was. */
  drop(): void;
}

/** The sources that are listened to. */
export class Names implements Disposable {
  readonly #parts: NamesParts;
  #config: NamesConfig | undefined;
  #sources: readonly Listening[] = [];
  readonly #sourceParts: SourceParts;

  constructor(parts: NamesParts) {
    this.#parts = parts;
    const { log, clock, later } = parts;
    this.#sourceParts = { log, clock, later, onAnswer: (answer) => this.#take(answer) };
  }

  /**
   * Opens the sources of a configuration, none for undefined; those that are there already go on. Nothing changes for them until
   * what it gives is taken over. Rejects with a ConfigError.
   */
  async open(config: NamesConfig | undefined): Promise<NamesChange> {
    const wanted = config === undefined ? [] : sourcesOf(config, this.#parts.passwd?.() ?? readPasswd());
    const former = this.#sources;
    const made: NameSource[] = [];
    const close = (sources: readonly NameSource[]) => sources.forEach((source) => source.close());
    const next: Listening[] = [];
    try {
      for (const { kind, socket, uid, open } of wanted) {
        const known = former.find((other) => other.kind === kind && other.socket === socket);
        const source = known?.source ?? await open(this.#sourceParts);
        if (known === undefined) made.push(source);
        next.push({ kind, socket, uid, source });
      }
    } catch (error) {
      close(made);
      throw error;
    }
    return {
      take: () => {
        const kept = new Set(next.map(({ source }) => source));
        close(former.map(({ source }) => source).filter((source) => !kept.has(source)));
        for (const { source, uid } of next) source.trust(uid);
        this.#sources = next;
        this.#config = config;
      },
      drop: () => close(made),
    };
  }

  status(): NamesJson | undefined {
    if (this.#config === undefined) return undefined;
    const { table, now } = this.#parts;
    return {
      held: table.held(now()),
      ...table.counts,
      sources: this.#sources.map(({ source }) => source.status()),
    };
  }

  /** Listens to nobody any more; what was told stays in the table. */
  [Symbol.dispose](): void {
    for (const { source } of this.#sources) source.close();
    this.#sources = [];
  }

  #take({ names, addresses, ttl }: NameAnswer): void {
    const { table, now } = this.#parts;
    const seconds = now();
    const expires = seconds + Math.max(Math.min(ttl, MOST_TTL), Math.ceil((this.#config?.keep ?? 0) / 1000));
    for (const address of addresses) if (!isOwn(address)) table.add(address, names, expires, seconds);
  }
}

/** What is wrong with a configuration on this machine: users that it does not have. Throws a ConfigError. */
export function checkNames(config: NamesConfig, passwd = readPasswd()): void {
  sourcesOf(config, passwd);
}

/** A source by what tells it from others, and who is believed there beside root. */
interface Place {
  readonly kind: "resolved" | "dnstap";
  readonly socket: string;
  readonly uid: number | undefined;
}

interface Listening extends Place {
  readonly source: NameSource;
}

interface Wanted extends Place {
  readonly open: (parts: SourceParts) => NameSource | Promise<NameSource>;
}

function sourcesOf({ resolved, dnstap }: NamesConfig, passwd: string): readonly Wanted[] {
  const problems: string[] = [];
  const uid = ({ user, where }: SocketConfig): number | undefined => {
    const found = user === undefined ? undefined : uidOf(user, passwd);
    if (user !== undefined && found === undefined) problems.push(`${where}: there is no user "${user}" here`);
    return found;
  };
  const wanted: Wanted[] = [];
  if (resolved !== undefined) {
    const { socket, user } = resolved;
    const believed = user === undefined ? uidOf(RESOLVED_USER, passwd) : uid(resolved);
    const open = (parts: SourceParts) => new ResolvedSource(socket, believed, parts);
    wanted.push({ kind: "resolved", socket, uid: believed, open });
  }
  for (const config of dnstap) {
    const { socket } = config;
    const believed = uid(config);
    const open = async (parts: SourceParts) => {
      try {
        checkPlace(socket);
        return await DnstapSource.listen(socket, believed, parts);
      } catch (error) {
        throw new ConfigError([`${config.where}: ${(error as Error).message}`]);
      }
    };
    wanted.push({ kind: "dnstap", socket, uid: believed, open });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return wanted;
}

/** As whom resolved runs; root has made its sockets from systemd 257 on. */
const RESOLVED_USER = "systemd-resolve";

/** Whoever can put another socket in the place of ours gets all that the resolver says, and snet nothing. */
function checkPlace(socket: string): void {
  const folder = dirname(socket);
  try {
    if (!existsSync(folder)) throw new Error("there is no such folder");
    checkFolder(folder, geteuid(), "; choose a folder of root alone, such as /run/snet");
  } catch (error) {
    throw new Error(`Cannot listen on ${socket} for dnstap: ${(error as Error).message}`);
  }
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

/**
 * Whether it is an address of this machine itself ("any" leads there, too): whoever owns a domain could otherwise give
 * what listens here a name that is on some list.
 */
function isOwn(address: Uint8Array): boolean {
  const { length } = address;
  const isMapped = length === 16 && address.subarray(0, 10).every((byte) => byte === 0) &&
    address[10] === 0xff && address[11] === 0xff;
  if (length === 4 || isMapped) {
    const first = address[length - 4]!;
    return first === 127 || first === 0;
  }
  return address.subarray(0, 15).every((byte) => byte === 0) && address[15]! <= 1;
}
