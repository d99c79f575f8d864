/** The search line. */

import type { RowJson } from "../../control/api.ts";
import { destinationOf } from "../../view/destination.ts";
import { FilterError, parseFilter, type RowFilter } from "../../view/filter.ts";
import type { WatchKey } from "./keys.ts";

/** Characters that it takes: more would be a paste by mistake. */
const LONGEST = 200;

export class Search {
  #text = "";
  /** What it was before it was written anew; undefined while it is not. */
  #former: string | undefined;
  #filter: RowFilter | undefined;
  #error: string | undefined;

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
    try {
      this.#filter = parseFilter(text);
      this.#error = undefined;
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      this.#error = error.message;
    }
  }

  get isEdited(): boolean {
    return this.#former !== undefined;
  }

  /** What it lets through: by its last text that could be read; undefined for all. */
  get filter(): RowFilter | undefined {
    return this.#filter;
  }

  /** Why it cannot be read; undefined where it can. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Keys are for it from now on. */
  begin(): undefined {
    this.#former = this.#text;
  }

  /** Takes a key; false where it is none of its own. */
  press(key: WatchKey): boolean {
    if (typeof key === "object") {
      this.text = `${this.#text}${key.text}`.slice(0, LONGEST);
      return true;
    }
    switch (key) {
      case "enter":
        this.#former = undefined;
        return true;
      case "back":
        this.text = this.#former ?? "";
        this.#former = undefined;
        return true;
      case "erase":
        this.text = [...this.#text].slice(0, -1).join("");
        return true;
      case "eraseWord":
        this.text = this.#text.replace(/\S*\s*$/, "");
        return true;
      case "eraseAll":
        this.text = "";
        return true;
      default:
        return false;
    }
  }
}

/** The search for one program, and what it reached; undefined where it cannot be written. */
export function onlyText(row: RowJson, withTarget: boolean): string | undefined {
  const { client, program } = row;
  const target = destinationOf(row);
  const words = [
    ...client === undefined ? [] : [["client", client]],
    ["program", program],
    ...withTarget && target !== "" ? [["to", target]] : [],
  ];
  if (words.some(([, value]) => value!.includes('"'))) return undefined;
  return words.map(([key, value]) => /\s/.test(value!) ? `${key}:"${value}"` : `${key}:${value}`).join(" ");
}
