/** Programs and, below those that are open, what they reached: the lines that the cursor moves over. */

import { arrange } from "../../view/arrange.ts";
import type { LiveStore, ProgramTally, Tally } from "../../view/live_store.ts";
import type { List, Seen } from "./list.ts";

/** A line: a program, or what one reached. */
export interface ProgramItem {
  readonly kind: "program" | "target";
  readonly program: ProgramTally;
  /** Of the program, or of what it reached. */
  readonly tally: Tally;
  readonly isOpen: boolean;
}

/**
 * The busiest stand first. Once the person has moved the cursor, all keep their places, so that nothing slides away
 * under it, until it goes back to the top.
 */
export class ProgramsList implements List<ProgramItem> {
  readonly #store: LiveStore;
  readonly #open = new Set<string>();
  #order: readonly string[] = [];
  /** The order of what each open program reached. */
  readonly #targets = new Map<string, readonly string[]>();
  #items: readonly ProgramItem[] = [];
  /** The line of the cursor; undefined where it is at the top and stays there. */
  #cursor: string | undefined;
  /** Where the cursor was seen last. */
  #place = 0;
  /** The first line that is seen. */
  #top = 0;

  constructor(store: LiveStore) {
    this.#store = store;
  }

  get selected(): ProgramItem | undefined {
    return this.#items[this.#place];
  }

  get isLoose(): boolean {
    return this.#cursor === undefined;
  }

  update(): undefined {
    const isFixed = this.#cursor !== undefined;
    const { programs } = this.#store;
    this.#order = arrange(this.#order, programs, isFixed);
    this.#items = this.#order.flatMap((name) => this.#itemsOf(programs.get(name)!, isFixed));
    if (this.#cursor === undefined) this.#place = 0;
    else {
      const place = this.#items.findIndex((item) => keyOf(item) === this.#cursor);
      this.#go(place < 0 ? this.#place : place);
    }
  }

  #itemsOf(program: ProgramTally, isFixed: boolean): ProgramItem[] {
    const isOpen = this.#open.has(program.name);
    const head: ProgramItem = { kind: "program", program, tally: program, isOpen };
    if (!isOpen) return [head];
    const order = arrange(this.#targets.get(program.name) ?? [], program.targets, isFixed);
    this.#targets.set(program.name, order);
    return [
      head,
      ...order.map((name): ProgramItem => ({
        kind: "target",
        program,
        tally: program.targets.get(name)!,
        isOpen,
      })),
    ];
  }

  move(by: number): undefined {
    const place = this.#place + by;
    if (place <= 0 && by < 0) this.loosen();
    else this.#go(place);
  }

  loosen(): undefined {
    this.#cursor = undefined;
    this.#place = 0;
  }

  /** Opens or closes the program of the cursor; from what it reached, the cursor goes to it. */
  toggle(open = !this.selected?.isOpen): undefined {
    const { selected } = this;
    if (selected === undefined) return;
    const { name } = selected.program;
    // What is opened is about to be looked at: it stays.
    this.#cursor = name;
    if (open) this.#open.add(name);
    else {
      this.#open.delete(name);
      this.#targets.delete(name);
    }
    this.update();
  }

  seen(rows: number): Seen<ProgramItem> {
    const { length } = this.#items;
    this.#top = Math.max(0, Math.min(this.#top, length - rows));
    this.#top = Math.max(this.#place - rows + 1, Math.min(this.#top, this.#place));
    return { items: this.#items.slice(this.#top, this.#top + rows), selected: this.#place - this.#top };
  }

  #go(place: number): void {
    this.#place = Math.max(0, Math.min(place, this.#items.length - 1));
    const { selected } = this;
    this.#cursor = selected && keyOf(selected);
  }
}

/** Printable names have no line breaks. */
function keyOf({ kind, program, tally }: ProgramItem): string {
  return kind === "program" ? program.name : `${program.name}\n${tally.name}`;
}
