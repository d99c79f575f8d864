/** Talks to the daemon: HTTP over its unix socket. */

import { DEFAULT_SOCKET } from "../control/api.ts";
import { CommandError, ExitCode } from "./exit.ts";

/** The daemon is there and does not do what it was asked for. */
export class RefusedError extends CommandError {
  constructor(request: string, readonly status: number, readonly reason: string) {
    super(`The daemon refused ${request}: ${reason}`);
  }
}

/** The daemon, seen from the command line. Errors are {@linkcode CommandError}s of one line. */
export class ControlClient implements Disposable {
  readonly #http: Deno.HttpClient;

  /** Takes `NO_PROXY` out of the environment: where it names 127.0.0.1 it would lead past the socket, to port 80. */
  constructor(readonly socket: string = DEFAULT_SOCKET) {
    for (const name of ["NO_PROXY", "no_proxy"]) Deno.env.delete(name);
    this.#http = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
  }

  /** What a GET of `path` answers. */
  async get<T>(path: string): Promise<T> {
    return await this.#json(await this.#fetch(path, "GET"));
  }

  /** What a POST to `path` answers; `body` is sent as JSON. */
  async post<T>(path: string, body?: unknown): Promise<T> {
    return await this.#json(await this.#fetch(path, "POST", undefined, body));
  }

  /** What a PUT to `path` answers; `body` is sent as JSON. */
  async put<T>(path: string, body: unknown): Promise<T> {
    return await this.#json(await this.#fetch(path, "PUT", undefined, body));
  }

  /** What a DELETE of `path` answers. */
  async delete<T>(path: string): Promise<T> {
    return await this.#json(await this.#fetch(path, "DELETE"));
  }

  /** The data of server-sent events from `path`, until the daemon or `signal` ends them. */
  async *events<T>(path: string, signal?: AbortSignal): AsyncGenerator<T> {
    yield* await this.subscribe<T>(path, signal);
  }

  /** As {@linkcode ControlClient.events}, once the daemon has taken the request. */
  async subscribe<T>(path: string, signal?: AbortSignal): Promise<AsyncGenerator<T>> {
    return parsed(await this.#fetch(path, "GET", signal));
  }

  [Symbol.dispose](): void {
    this.#http.close();
  }

  async #fetch(
    path: string,
    method: "GET" | "POST" | "PUT" | "DELETE",
    signal?: AbortSignal,
    body?: unknown,
  ): Promise<Response> {
    let response: Response;
    try {
      // HTTP requires a host. It means nothing here, but a name would be looked up in the DNS, socket or not.
      const init: RequestInit & { client: Deno.HttpClient } = { method, client: this.#http };
      if (signal !== undefined) init.signal = signal;
      if (body !== undefined) {
        init.body = JSON.stringify(body);
        init.headers = { "content-type": "application/json" };
      }
      response = await fetch(`http://127.0.0.1${path}`, init);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await this.#unreachable(error);
    }
    if (response.ok) return response;
    const text = await response.text().catch(() => "");
    throw new RefusedError(`${method} ${path}`, response.status, errorText(text) ?? response.statusText);
  }

  async #json<T>(response: Response): Promise<T> {
    try {
      return await response.json();
    } catch {
      throw new CommandError(`The daemon on ${this.socket} broke off its answer`);
    }
  }

  /** Finds out why the socket did not answer: fetch itself does not say it in a way to rely on. */
  async #unreachable(error: unknown): Promise<CommandError> {
    try {
      using _connection = await Deno.connect({ transport: "unix", path: this.socket });
    } catch (reason) {
      if (reason instanceof Deno.errors.PermissionDenied) {
        return new CommandError(
          `No permission to use ${this.socket}: it is open to root and to members of group snet`,
        );
      }
      if (reason instanceof Deno.errors.NotFound || reason instanceof Deno.errors.ConnectionRefused) {
        return new CommandError(
          `No daemon answers on ${this.socket}; start it with 'snet daemon', or name its socket with --socket`,
          ExitCode.unavailable,
        );
      }
    }
    const why = error instanceof Error ? error.message : String(error);
    return new CommandError(`The daemon on ${this.socket} did not answer: ${why}`);
  }
}

function errorText(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body);
    return typeof error === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}

/** Holds on to the response: the signal ends the body through it, and only while it is there. */
async function* parsed<T>(response: Response): AsyncGenerator<T> {
  for await (const data of untilReset(serverSentData(response.body!))) yield JSON.parse(data);
}

/** Ends quietly where the connection is reset: what a daemon that stops leaves behind is an end like any other. */
async function* untilReset(source: AsyncIterable<string>): AsyncGenerator<string> {
  const iterator = source[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch((error: unknown) => {
      if (error instanceof TypeError) return undefined;
      throw error;
    });
    if (next === undefined || next.done) return;
    yield next.value;
  }
}

/** The data fields of a `text/event-stream`; comments and other fields are passed over. */
export async function* serverSentData(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  let data: string[] = [];
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
      if (line !== "" || data.length === 0) continue;
      yield data.join("\n");
      data = [];
    }
  }
}
