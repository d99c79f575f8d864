/** Posts to one server: kept-alive connections, signatures, retries within the time that there is, answers of bounded size. */

import { signedHeaders } from "../../core/mod.ts";
import { fullJitter, openClient, readBody, reasonOf, sleep } from "../parts/http.ts";
import type { Endpoint } from "./settings.ts";

/** What a server said. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** A request that came to nothing, in one line; `status` where the server answered at all. */
export class PostError extends Error {
  /** Name of the class. */
  override readonly name = "PostError";
  /** `retryAfter` is milliseconds that the server asks to wait. */
  constructor(
    message: string,
    readonly isPassing: boolean,
    readonly status?: number,
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/** One request and the bounds within which it may be repeated. */
export interface Post {
  readonly body: string;
  /** The same in each attempt, so that a server can tell a repetition. */
  readonly id: string;
  /** Ends attempts and waits. */
  readonly signal: AbortSignal;
  /** Attempts after the first. */
  readonly retries: number;
  /** Milliseconds of performance.now() at which an answer is of no use any more. */
  readonly deadline: number;
}

/** What the poster takes from outside. */
export interface PosterParts {
  /** Wall clock, milliseconds since 1970. */
  readonly clock: () => number;
  /** performance.now(). */
  readonly now?: () => number;
  /** Math.random(). */
  readonly random?: () => number;
  /** Waits so many milliseconds, or rejects when the signal is aborted. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** Statuses of a server, or of the proxy before it, that is away for a moment. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
/** Bytes of an answer, of which the longest that is right needs some 3,000. */
const MAX_REPLY = 64 * 1024;
/** Milliseconds; a server that asks for more than this is asked again all the same. */
const LONGEST_RETRY_AFTER = 300_000;

/** A server to post to. */
export class Poster {
  /** How messages call it: without path and query, which may hold what is secret. */
  readonly name: string;
  /** Attempts, and those of them that repeat another. */
  posts = 0;
  retries = 0;
  readonly #endpoint: Endpoint;
  readonly #parts: Required<PosterParts>;
  #client: Deno.HttpClient | undefined;

  /** Opens nothing yet. `connections` is how many are kept open while nothing is asked. */
  constructor(endpoint: Endpoint, readonly connections: number, parts: PosterParts) {
    this.name = endpoint.socket ?? new URL(endpoint.url).origin;
    this.#endpoint = endpoint;
    this.#parts = {
      now: () => performance.now(),
      random: Math.random,
      sleep,
      ...parts,
    };
  }

  /** The answer with a status of 200 to 299; throws a {@linkcode PostError} where there is none, or the signal's reason. */
  async post(post: Post): Promise<Reply> {
    for (let attempt = 0;; attempt++) {
      try {
        return await this.#attempt(post);
      } catch (error) {
        post.signal.throwIfAborted();
        if (!(error instanceof PostError) || !error.isPassing || attempt >= post.retries) {
          throw withAttempts(error, attempt);
        }
        const wait = Math.max(error.retryAfter ?? 0, fullJitter(attempt, this.#parts.random));
        if (this.#parts.now() + wait >= post.deadline) throw withAttempts(error, attempt);
        await this.#parts.sleep(wait, post.signal);
        this.retries++;
      }
    }
  }

  /** Closes the connections. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  async #attempt({ body, id, signal }: Post): Promise<Reply> {
    const { url, secrets, token } = this.#endpoint;
    const headers = {
      "content-type": "application/json",
      "accept": "application/json",
      // What is small need not be packed, and what unpacks to much is refused by nobody.
      "accept-encoding": "identity",
      "user-agent": "snet",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...signedHeaders(secrets, id, Math.floor(this.#parts.clock() / 1000), body),
    };
    this.posts++;
    const client = this.#client ??= openClient(this.#endpoint, this.connections);
    let response: Response;
    try {
      response = await fetch(url, {
        ...{ method: "POST", headers, body, signal, client },
        // Whoever may redirect could send the event, and the question, anywhere.
        redirect: "manual",
      });
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (!response.ok) {
      await response.body?.cancel().catch(() => {});
      throw this.#refused(response);
    }
    return { status: response.status, text: await this.#read(response) };
  }

  async #read(response: Response): Promise<string> {
    let bytes: Uint8Array | undefined;
    try {
      bytes = await readBody(response, MAX_REPLY);
    } catch (error) {
      throw this.#unreachable(error);
    }
    if (bytes === undefined) {
      throw new PostError(
        `${this.name} answered with more than ${MAX_REPLY / 1024} KiB`,
        false,
        response.status,
      );
    }
    return new TextDecoder().decode(bytes);
  }

  #unreachable(error: unknown): PostError {
    const reason = reasonOf(error);
    // A certificate that is wrong stays so.
    return new PostError(`${this.name} cannot be reached: ${reason}`, !reason.includes("certificate"));
  }

  #refused({ status, headers }: Response): PostError {
    const redirect = status >= 300 && status < 400 ? ", and redirects are not followed" : "";
    const seconds = Number(headers.get("retry-after") ?? NaN);
    const retryAfter = seconds > 0 ? Math.min(seconds * 1000, LONGEST_RETRY_AFTER) : undefined;
    return new PostError(
      `${this.name} answered with status ${status}${redirect}`,
      PASSING.has(status),
      status,
      retryAfter,
    );
  }
}

function withAttempts(error: unknown, attempt: number): unknown {
  if (!(error instanceof PostError) || attempt === 0) return error;
  const { message, isPassing, status, retryAfter } = error;
  return new PostError(`${message} (${attempt + 1} attempts)`, isPassing, status, retryAfter);
}
