/**
 * Atoms: the distinct values that rules name (a path, a glob, a network, a set, a uid, a block of ports), numbered through. For
 * an event each dimension gives the few atoms that fit it (atom_tables.ts); all else of the index works with these numbers.
 */

import type { EventName } from "../../core/mod.ts";
import { type Network, networkText } from "../parts/address.ts";
import { type AttributeData, AttributeTable, type AttributeTest, testKey } from "./attributes.ts";
import { type NetworkData, NetworkTable } from "./network_table.ts";
import { type Pattern, type PatternData, PatternTable } from "../parts/pattern.ts";
import { type NumberedBlock, portBlocks, type PortData, portData } from "./port.ts";
import type { Endpoint, Match } from "./rule.ts";

/**
 * What the index tells rules apart by. Those come first that every ticket holds anyway, so that they are looked at before
 * those that make a ticket narrower.
 */
export const DIMENSIONS = [
  "user",
  "group",
  "family",
  "type",
  "proto",
  "netns",
  "port",
  "to",
  "from",
  "cgroup",
  "unit",
  "comm",
  "exe",
] as const satisfies readonly (keyof Match)[];

/** A place in {@linkcode DIMENSIONS}; from their end on, one for each operand of declared families that rules name. */
export type Dimension = number;

/** Dimensions are bits of a number, one of which is its sign. */
const DIMENSION_LIMIT = 31;

/** The event has no value for a dimension, or it cannot be known: neither an operand nor its negation matches. */
export const UNKNOWN = -1;

/** Added to protocols of families other than IP, whose numbers mean other things. */
export const NOT_IP = 1 << 16;
/** A longer list of single networks becomes one atom, so that its rule stays one entry of the index. */
const LIST_LIMIT = 16;

/** What is known of the atoms, as data that another thread can be handed. Lists are by dimension. */
export interface AtomData {
  /** Values that are found by equality. */
  readonly numbers: readonly Map<number, number>[];
  readonly patterns: readonly PatternData[];
  readonly ports: PortData | undefined;
  readonly endpoints: readonly EndpointData[];
  readonly cgroups: Map<bigint, number>;
  /** Whether some rule says which executable it is not for: then it matters whether an unlisted one is verified. */
  readonly exeNegated: boolean;
  /** Fits where the path of the cgroup is unknown; in the lists of rules that say which paths they are not for. */
  readonly unknownPath: number;
  /** Of the dimensions behind the others. */
  readonly attributes: readonly AttributeData[];
}

interface EndpointData {
  readonly networks: NetworkData;
  readonly paths: PatternData;
  readonly abstracts: PatternData;
}

/** Numbers the values of rules. */
export class Atoms {
  #count = 0;
  readonly #numbers = DIMENSIONS.map(() => new Map<number, number>());
  readonly #patterns = DIMENSIONS.map(() => new PatternTable());
  readonly #blocks: NumberedBlock[] = [];
  readonly #endpoints = DIMENSIONS.map(() => ({
    networks: new NetworkTable(),
    paths: new PatternTable(),
    abstracts: new PatternTable(),
  }));
  readonly #cgroups = new Map<bigint, number>();
  readonly #bySource = new Map<string, number>();
  readonly #byList = DIMENSIONS.map(() => new Map<readonly Network[], number>());
  readonly #attributes: readonly AttributeTable[];
  #exeNegated = false;
  #unknownPath = UNKNOWN;

  /**
   * Of rules that name these operands of declared families, each for the events of which it is told.
   *
   * Throws an Error where they are too many.
   */
  constructor(attributes: ReadonlyMap<string, ReadonlySet<EventName>> = new Map()) {
    const room = DIMENSION_LIMIT - DIMENSIONS.length;
    if (attributes.size > room) {
      throw new Error(
        `rules name ${attributes.size} operands of declared families, and ${room} are the most: ${
          [...attributes.keys()].join(", ")
        }`,
      );
    }
    this.#attributes = [...attributes].map(([operand, events]) => {
      const table = AttributeTable.of(operand);
      for (const event of events) table.addEvent(event);
      return table;
    });
  }

  /** How many dimensions there are. */
  get dimensions(): number {
    return DIMENSIONS.length + this.#attributes.length;
  }

  /** How many there are; their numbers are below. */
  get count(): number {
    return this.#count;
  }

  /** The atoms of what a rule says of a dimension, sorted; undefined if it says nothing. */
  number(match: Match, dimension: Dimension, negated: boolean): Int32Array | undefined {
    if (dimension >= DIMENSIONS.length) return this.#numberAttribute(match, dimension);
    const operand = DIMENSIONS[dimension]!;
    const values = match[operand];
    if (values === undefined) return undefined;
    if (operand === "exe" && negated) this.#exeNegated = true;
    const atoms = new Set(this.#numberAll(match, dimension));
    if (operand === "cgroup" && negated && match.cgroup!.some((value) => typeof value !== "bigint")) {
      if (this.#unknownPath === UNKNOWN) this.#unknownPath = this.#count++;
      atoms.add(this.#unknownPath);
    }
    return Int32Array.from(atoms).sort();
  }

  #numberAttribute({ attributes }: Match, dimension: Dimension): Int32Array | undefined {
    const table = this.#attributes[dimension - DIMENSIONS.length]!;
    const tests: readonly AttributeTest[] | undefined = attributes?.[table.data.operand];
    const atoms = tests?.map((test) =>
      this.#intern(`${dimension} ${testKey(test)}`, (atom) => table.add(test, atom))
    );
    return atoms && Int32Array.from(new Set(atoms)).sort();
  }

  #numberAll(match: Match, dimension: Dimension): readonly number[] {
    switch (DIMENSIONS[dimension]!) {
      case "exe":
      case "comm":
      case "unit":
        return match[DIMENSIONS[dimension] as "exe"]!.map((pattern) =>
          this.#pattern(this.#patterns[dimension]!, `${dimension}`, pattern)
        );
      case "cgroup":
        return match.cgroup!.map((value) => this.#cgroup(value));
      case "port":
        return match.port!.flatMap((range) => portBlocks(range)).map((block) =>
          this.#intern(
            `port ${block.first}/${block.shift}`,
            (number) => this.#blocks.push({ ...block, number }),
          )
        );
      case "proto":
        return match.proto!.flatMap(({ number, ip }) => ip ? [number] : [number, number | NOT_IP])
          .map((number) => this.#equal(dimension, number));
      case "to":
      case "from":
        return this.#endpointAtoms(dimension, match[DIMENSIONS[dimension] as "to"]!);
      default:
        return match[DIMENSIONS[dimension] as "user"]!.map((number) => this.#equal(dimension, number));
    }
  }

  #cgroup(value: bigint | Pattern): number {
    if (typeof value !== "bigint") {
      return this.#pattern(this.#patterns[DIMENSIONS.indexOf("cgroup")]!, "cgroup", value);
    }
    return this.#intern(`cgroup id ${value}`, (atom) => this.#cgroups.set(value, atom));
  }

  #endpointAtoms(dimension: Dimension, endpoints: readonly Endpoint[]): readonly number[] {
    const { networks, paths, abstracts } = this.#endpoints[dimension]!;
    const single = endpoints.filter((endpoint) => endpoint.kind === "network");
    if (single.length > LIST_LIMIT) {
      const list = { kind: "networks" as const, networks: single.map(({ network }) => network) };
      return this.#endpointAtoms(dimension, [list, ...endpoints.filter(({ kind }) => kind !== "network")]);
    }
    return endpoints.map((endpoint) => {
      switch (endpoint.kind) {
        case "network": {
          const { network } = endpoint;
          return this.#intern(`${dimension} ${networkText(network)}`, (atom) => networks.add(network, atom));
        }
        case "networks":
          return this.#list(dimension, endpoint.networks);
        case "path":
          return this.#pattern(paths, `${dimension} path`, endpoint.pattern);
        case "abstract":
          return this.#pattern(abstracts, `${dimension} abstract`, endpoint.pattern);
      }
    });
  }

  #list(dimension: Dimension, networks: readonly Network[]): number {
    const known = this.#byList[dimension]!.get(networks);
    if (known !== undefined) return known;
    const atom = this.#count++;
    this.#byList[dimension]!.set(networks, atom);
    for (const network of networks) this.#endpoints[dimension]!.networks.add(network, atom);
    return atom;
  }

  #pattern(table: PatternTable, kind: string, pattern: Pattern): number {
    const source = pattern.glob ? `glob ${pattern.source}` : `text ${pattern.text}`;
    return this.#intern(`${kind} ${source}`, (atom) => table.add(pattern, atom));
  }

  #equal(dimension: Dimension, value: number): number {
    const numbers = this.#numbers[dimension]!;
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, this.#count);
    return this.#count++;
  }

  #intern(source: string, add: (atom: number) => void): number {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const atom = this.#count++;
    this.#bySource.set(source, atom);
    add(atom);
    return atom;
  }

  /** What finds the atoms of an event. */
  get data(): AtomData {
    return {
      numbers: this.#numbers,
      patterns: this.#patterns.map(({ data }) => data),
      ports: portData(this.#blocks),
      endpoints: this.#endpoints.map(({ networks, paths, abstracts }) => ({
        networks: networks.data,
        paths: paths.data,
        abstracts: abstracts.data,
      })),
      cgroups: this.#cgroups,
      exeNegated: this.#exeNegated,
      unknownPath: this.#unknownPath,
      attributes: this.#attributes.map(({ data }) => data),
    };
  }
}
