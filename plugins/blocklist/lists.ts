/** Reads the files of lists: what they hold, and what is wrong with them. */

import type { SourceText } from "../../core/mod.ts";
import { BELOW, type DomainData, MOST_LISTS, NAME } from "./domains.ts";
import { DomainsBuilder } from "./domains_builder.ts";
import { LineReader } from "./line.ts";
import type { NetworkData } from "./networks.ts";
import { NetworksBuilder } from "./networks_builder.ts";

/** Four times the largest lists that are published; their tables take 150 MB. */
const MOST_ENTRIES = 1 << 22;
/** Characters of all files: 32 for each of those entries. */
const MOST_TEXT = 1 << 27;
/** So many malformed lines of a file are named, the rest only counted. */
const NAMED = 3;
/** Characters of a line that a message shows. */
const SHOWN = 60;

/** What lists hold. */
export interface Lists {
  readonly networks: NetworkData;
  readonly domains: DomainData;
  /** How many entries there are, exceptions and repeated ones too. */
  readonly entries: number;
  /** Of them those with a domain. */
  readonly domainEntries: number;
  /** Lines that are no entries. */
  readonly malformed: number;
  /** `path:line:1: message`; with any of these the lists do not load. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** How lists are read. */
export interface ListOptions {
  /** A domain alone in its line stands for the names below it too. */
  readonly subdomains: boolean;
  /** Entries that fit; a test may lower it. */
  readonly mostEntries?: number;
}

/** Reads lists; of several entries for the same the first file's counts. */
export function readLists(sources: readonly SourceText[], options: ListOptions): Lists {
  return new ListReader(options).read(sources);
}

class ListReader {
  readonly #domains = new DomainsBuilder();
  readonly #networks: NetworksBuilder;
  readonly #lines: LineReader;
  readonly #mostEntries: number;
  readonly #errors: string[] = [];
  readonly #warnings: string[] = [];
  #malformed = 0;

  constructor({ subdomains, mostEntries = MOST_ENTRIES }: ListOptions) {
    this.#networks = new NetworksBuilder(mostEntries);
    this.#lines = new LineReader(this.#domains, this.#networks, subdomains ? BELOW : NAME);
    this.#mostEntries = mostEntries;
  }

  read(sources: readonly SourceText[]): Lists {
    const size = sources.reduce((sum, { text }) => sum + text.length, 0);
    if (sources.length > MOST_LISTS) {
      this.#errors.push(`${sources.length} files of lists are too many: ${MOST_LISTS} at most`);
    } else if (size > MOST_TEXT) {
      this.#errors.push(`lists of ${size} characters are too long: ${MOST_TEXT} at most`);
    } else {
      for (const [number, source] of sources.entries()) {
        this.#lines.list = number;
        this.#readFile(source);
        if (this.#errors.length > 0) break;
      }
    }
    const { entries, domainEntries } = this.#lines;
    return {
      networks: this.#networks.data(),
      domains: this.#domains.data(),
      entries,
      domainEntries,
      malformed: this.#malformed,
      errors: this.#errors,
      warnings: this.#warnings,
    };
  }

  #readFile({ path, text }: SourceText): void {
    const before = this.#lines.entries;
    const named: string[] = [];
    let malformed = 0;
    let line = 1;
    try {
      for (let from = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0; from < text.length; line++) {
        const newline = text.indexOf("\n", from);
        const to = newline < 0 ? text.length : newline;
        const problem = this.#lines.read(text, from, to);
        if (problem !== undefined && malformed++ < NAMED) {
          named.push(`${path}:${line}:1: ${shown(text.slice(from, to))}: ${problem}`);
        }
        if (this.#lines.entries > this.#mostEntries) {
          throw new RangeError(`more than ${this.#mostEntries} entries in all lists are too many`);
        }
        from = to + 1;
      }
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#errors.push(`${path}:${line}:1: ${error.message}`);
      return;
    }
    this.#malformed += malformed;
    this.#judge(path, named, malformed, this.#lines.entries - before);
  }

  /** A list has slips; a page that came in its place, or a list of another kind, has little else. */
  #judge(path: string, named: readonly string[], malformed: number, entries: number): void {
    if (malformed > entries) {
      this.#errors.push(
        `${path}:1:1: this is no list of addresses, networks or domains: ${malformed} lines are none, ${entries} are`,
        ...named,
      );
      return;
    }
    this.#warnings.push(...named);
    if (malformed > named.length) {
      const rest = malformed - named.length;
      this.#warnings.push(`${path}:1:1: ${rest} more lines are no entries (${entries} are)`);
    }
    if (entries === 0) this.#warnings.push(`${path}:1:1: the list holds no entry`);
  }
}

const BYTE_ORDER_MARK = "\ufeff";

/** A line as a message shows it. */
function shown(line: string): string {
  const text = line.trim();
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
