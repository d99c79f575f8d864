/** What is seen of a list. */
export interface Seen<Item> {
  readonly items: readonly Item[];
  /** Place of the cursor's among them. */
  readonly selected: number;
}

/** A list that goes on while somebody looks at it, with a cursor. */
export interface List<Item> {
  /** What the cursor is at; undefined where there is nothing. */
  readonly selected: Item | undefined;
  /** Whether the cursor is at the top and stays there, whatever comes. */
  readonly isLoose: boolean;
  /** Takes up what came. */
  update(): undefined;
  /** Moves the cursor down, or up; above the first line it is loose. */
  move(by: number): undefined;
  /** Back to the top. */
  loosen(): undefined;
  /** As many lines as there is room for, the cursor's among them; the others move only where they must. */
  seen(rows: number): Seen<Item>;
}
