/** Brings messages to the server and its replies back: signed, verified, of bounded size and within a time. */

import {
  CLIENT_HEADER,
  printable,
  randomId,
  type Refused,
  signedHeaders,
  verifySigned,
} from "../../core/mod.ts";
import { openClient, readBody, reasonOf } from "../parts/http.ts";
import type { ServerRoute } from "./settings.ts";

/** What the wire takes from outside. */
export interface WireParts {
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
  /** Runs a task after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, task: () => void) => () => void;
  /** Hears once that the clocks differ, by how many seconds. */
  readonly onSkew?: (seconds: number) => void;
}

/** A message that came to nothing, in one line. */
export class WireError extends Error {
  /** Name of the class. */
  override readonly name = "WireError";

  /** `broken`: the connection has failed, and another may do; `busy`: the server is there, and has too much of this client. */
  constructor(message: string, readonly kind: "broken" | "busy" | "other" = "other") {
    super(message);
  }
}

/** Where a message goes, and what is read of the reply. */
export interface Sending<T> {
  readonly path: string;
  readonly message: unknown;
  /** Milliseconds for the reply. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Bytes of a reply. */
  readonly most: number;
  /** Reads what has been verified; throws an Error of one line. */
  readonly read: (text: string) => T | Refused;
}

/** Connections that are kept open: the one that is held, and those of questions. */
const KEPT_OPEN = 8;

/** The server's end of the wire, seen from here. */
export class Wire {
  /** How messages call the server. */
  readonly name: string;
  /** Messages that were sent. */
  requests = 0;
  readonly #route: ServerRoute;
  readonly #parts: WireParts;
  #client: Deno.HttpClient | undefined;
  /** Seconds that the server's clock is before this one. */
  #skew = 0;

  /** Opens nothing yet. */
  constructor(route: ServerRoute, parts: WireParts) {
    this.#route = route;
    this.#parts = parts;
    this.name = route.socket ?? route.url;
  }

  /** What the server replies; throws a {@linkcode WireError} where it does not, and the signal's reason. */
  async send<T extends { readonly type: string }>(sending: Sending<T>): Promise<Exclude<T, Refused>> {
    const reply = await this.#attempt(sending);
    if (!isRefused(reply)) return reply as Exclude<T, Refused>;
    if (reply.cause !== "clock") throw this.#refused(reply);
    // Its clock counts: it is the one that keeps a message from being sent twice. That it is the server's is verified.
    this.#skew = reply.time - this.#now();
    this.#parts.onSkew?.(this.#skew);
    const second = await this.#attempt(sending);
    if (isRefused(second)) throw this.#refused(second);
    return second as Exclude<T, Refused>;
  }

  /** Closes the connections. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #attempt<T>(sending: Sending<T>): Promise<T | Refused> {
    const { timeout, signal } = sending;
    signal.throwIfAborted();
    const controller = new AbortController();
    const stop = () => controller.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const stopTimer = this.#parts.after(timeout, () => {
      controller.abort(new WireError(`${this.name} has not replied within ${timeout} ms`));
    });
    try {
      return await this.#exchange(sending, controller.signal);
    } catch (error) {
      controller.signal.throwIfAborted();
      throw error;
    } finally {
      stopTimer();
      signal.removeEventListener("abort", stop);
    }
  }

  async #exchange<T>({ path, message, most, read }: Sending<T>, signal: AbortSignal): Promise<T | Refused> {
    const { url, client, secrets } = this.#route;
    const id = randomId();
    const body = JSON.stringify(message);
    const headers = {
      "content-type": "application/json",
      "accept-encoding": "identity",
      "user-agent": "snet",
      [CLIENT_HEADER]: client,
      ...signedHeaders(secrets, id, this.#now() + this.#skew, body),
    };
    this.requests++;
    this.#client ??= openClient(this.#route, KEPT_OPEN);
    let response: Response;
    let bytes: Uint8Array | undefined;
    try {
      response = await fetch(url + path, {
        ...{ method: "POST", headers, body, signal, client: this.#client },
        // Whoever may redirect could send the event anywhere.
        redirect: "manual",
      });
      bytes = await readBody(response, most);
    } catch (error) {
      throw new WireError(`${this.name} cannot be reached: ${reasonOf(error)}`, "broken");
    }
    if (bytes === undefined) throw new WireError(`${this.name} replied with more than ${most} bytes`);
    const signed = verifySigned(secrets, response.headers, bytes);
    if (signed === undefined) {
      // Whoever stands between may say anything.
      throw new WireError(
        `${this.name} replied with status ${response.status} and no signature by the secret of "${client}"`,
      );
    }
    if (signed.id !== id) throw new WireError(`${this.name} replied to another message than this one`);
    try {
      return read(new TextDecoder().decode(bytes));
    } catch (error) {
      throw new WireError(`${this.name} replied what is no reply: ${(error as Error).message}`);
    }
  }

  #refused({ cause, why }: Refused): WireError {
    const kind = cause === "busy" ? "busy" : "other";
    return new WireError(`${this.name} refused the message (${cause}): ${printable(why)}`, kind);
  }

  /** Seconds since 1970. */
  #now(): number {
    return Math.floor(this.#parts.clock() / 1000);
  }
}

function isRefused(reply: unknown): reply is Refused {
  return (reply as { readonly type?: unknown }).type === "snet.refused";
}
