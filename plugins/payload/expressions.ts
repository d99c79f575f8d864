/** Expressions that payloads are searched for. */

import type { Automaton } from "../parts/automaton.ts";
import { ByteTable, byteTable, type ByteTableData } from "../parts/byte_table.ts";
import { compileRegexp } from "../parts/regexp.ts";

/** An expression as data that another thread can be handed. */
export interface ExpressionData {
  /** As it is compiled. */
  readonly source: string;
  /** Undefined where it would be too large: the expression runs as an automaton then. */
  readonly table: ByteTableData | undefined;
}

/** Through so many tables 4096 bytes take about a millisecond. */
const MOST_EXPRESSIONS = 100;
/** States of all expressions without a table: 4096 bytes through as many take about 5 ms at worst. */
const MOST_STATES = 512;

/**
 * Compiles expressions.
 *
 * Throws an Error that names the one which is not understood or too large.
 */
export function compileExpressions(sources: readonly string[], ignoreCase: boolean): ExpressionData[] {
  if (sources.length > MOST_EXPRESSIONS) {
    throw new Error(`${sources.length} regexps are more than ${MOST_EXPRESSIONS}; join some with "|"`);
  }
  let states = 0;
  return sources.map((written) => {
    const source = ignoreCase && !written.startsWith("(?i)") ? `(?i)${written}` : written;
    const automaton = compile(source, written);
    const table = byteTable(automaton);
    if (table === undefined) states += automaton.program.ops.length;
    if (states > MOST_STATES) {
      throw new Error(
        `regexps "${written}": those that are too large for a table have more than ${MOST_STATES} states together`,
      );
    }
    return { source, table };
  });
}

function compile(source: string, written: string): Automaton {
  try {
    return compileRegexp(source);
  } catch (error) {
    throw new Error(`regexps "${written}": ${(error as Error).message}`);
  }
}

/** Looks for expressions. */
export class Expressions {
  readonly #matchers: readonly (ByteTable | Automaton)[];

  constructor(data: readonly ExpressionData[]) {
    this.#matchers = data.map(({ source, table }) =>
      table === undefined ? compileRegexp(source) : new ByteTable(table)
    );
  }

  /** Number of the first expression that matches anywhere in the bytes; -1 where none does. */
  find(bytes: Uint8Array): number {
    for (let i = 0; i < this.#matchers.length; i++) {
      if (this.#matchers[i]!.matchesWithin(bytes)) return i;
    }
    return -1;
  }
}
