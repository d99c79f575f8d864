/** Objects of JSON that somebody else has written: whoever reads them says in one line what is wrong, by its path. */

/** One of them. Readers for what it holds are made of {@linkcode JsonObject.get} and {@linkcode JsonObject.refuse}. */
export class JsonObject {
  readonly #object: Readonly<Record<string, unknown>>;

  /** `path` is what messages call it. Throws an Error of one line where it is none. */
  constructor(value: unknown, readonly path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw wrongJson(path, value, "an object");
    }
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  get keys(): readonly string[] {
    return Object.keys(this.#object);
  }

  /** The value as it is; undefined where there is none. Own keys only: every object has a "constructor". */
  get(key: string): unknown {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  /** Throws an Error that says what would have been right. */
  refuse(key: string, value: unknown, right: string): never {
    throw wrongJson(`${this.path}.${key}`, value, right);
  }
}

/** What is wrong with a value, in one line. */
export function wrongJson(path: string, value: unknown, right: string): Error {
  return new Error(`${path}: ${shownJson(value)}; expected ${right}`);
}

/** A foreign value in a message: short, and with nothing that a terminal acts on. */
export function shownJson(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value !== null && typeof value === "object") return "an object";
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, 61) : value)
    .replace(/[^\x20-\x7e]/g, "?");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
