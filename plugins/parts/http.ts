/** What plugins that talk to a server share: the client, answers of bounded size, and waits between attempts. */

import { printable } from "../../core/mod.ts";

/** How a server is reached. */
export interface Route {
  /** Path of a unix socket, if it listens on one. */
  readonly socket: string | undefined;
  /** Authorities (PEM) to trust besides the public ones. */
  readonly ca: readonly string[];
  /** The client's own certificate. */
  readonly certificate: { readonly cert: string; readonly key: string } | undefined;
  readonly http: "auto" | "1.1" | "2";
}

/** Keeps `connections` open while nothing is asked; opens none yet. */
export function openClient({ socket, ca, certificate, http }: Route, connections: number): Deno.HttpClient {
  return Deno.createHttpClient({
    caCerts: [...ca],
    poolMaxIdlePerHost: connections,
    http1: http !== "2",
    http2: http !== "1.1",
    ...(socket !== undefined && { proxy: { transport: "unix", path: socket } }),
    ...certificate,
  });
}

/** The body of an answer; undefined where it is longer than `most` bytes, of which no more are read. */
export async function readBody(response: Response, most: number): Promise<Uint8Array | undefined> {
  // At once, which takes a fraction of the time.
  if (tellsLength(response) && Number(response.headers.get("content-length")) <= most) {
    return await response.bytes();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

/** Whether the body is as long as its header says: it is not packed, and in one piece. */
function tellsLength({ headers }: Response): boolean {
  return headers.has("content-length") && !headers.has("content-encoding") &&
    !headers.has("transfer-encoding");
}

/** Milliseconds: the first wait is below BASE_WAIT, each further one below twice the former. */
const BASE_WAIT = 50;
const LONGEST_WAIT = 2000;

/** Milliseconds to wait after an attempt, from 0 to a bound that doubles: many who failed at once do not come back at once. */
export function fullJitter(
  attempt: number,
  random: () => number,
  { base = BASE_WAIT, longest = LONGEST_WAIT }: { readonly base?: number; readonly longest?: number } = {},
): number {
  return random() * Math.min(longest, base * 2 ** attempt);
}

/** What fetch has to say, without the URL. */
export function reasonOf(error: unknown): string {
  const { cause } = error as Error;
  const text = cause instanceof Error
    ? cause.message
    : error instanceof Error
    ? error.message
    : String(error);
  return printable(text.replace(/^error sending request (for url \([^)]*\))?:? */, "")).slice(0, 200);
}

/** Waits, or rejects with the signal's reason. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
}
