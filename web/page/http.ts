/** Requests to the daemon that served this page. */

import { signal } from "@preact/signals";
import type { WebBegun, WebVisitor } from "../../core/control/api.ts";

/**
 * Where the key of the session lies. Unlike the cookie, which goes to every port of the machine, what is stored is for
 * pages of this very address alone.
 */
const KEY = "snet-key";
const SESSION = "/v1/session";

/** Undefined before it is known, null where nobody is logged in. */
export const session = signal<WebVisitor | null | undefined>(undefined);

/** Where links come from, as the server says it, where that is not `snet web`. */
export const advice = signal<string | undefined>(undefined);

/** What an answer says that is an error. */
interface Said {
  readonly error?: unknown;
  readonly advice?: string;
}

/** A request that was refused; `message` is what the daemon said, one line or several. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(message: string, readonly status: number) {
    super(message);
  }
}

/** Does what may be refused; gives the message then. */
export async function refusal(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run();
  } catch (error) {
    if (error instanceof RequestError) return error.message;
    throw error;
  }
}

/** Asks for JSON. Throws a {@linkcode RequestError}, with status 0 where the daemon cannot be reached. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await json<T>(await send(path, signal === undefined ? {} : { signal }));
}

/** Changes something; as {@linkcode get}. */
export async function post<T>(
  path: string,
  body?: unknown,
  method: "POST" | "PUT" | "DELETE" = "POST",
): Promise<T> {
  const content = body === undefined
    ? {}
    : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return await json<T>(await send(path, { method, ...content }));
}

/** Who is logged in. Throws as {@linkcode get}. */
export async function visitor(): Promise<WebVisitor> {
  return await get(SESSION);
}

/** Becomes a session by the secret of a link. */
export async function logIn(secret: string): Promise<WebVisitor> {
  const { key, ...begun } = await post<WebBegun>(SESSION, { secret });
  localStorage.setItem(KEY, key);
  return begun;
}

export async function logOut(): Promise<void> {
  await post(SESSION, undefined, "DELETE");
  end();
}

/** Calls `changed` when another tab of this browser has logged in or out: all of them are one session. */
export function onSessionElsewhere(changed: () => void): void {
  addEventListener("storage", ({ key }) => key === KEY && changed());
}

/** Nobody is logged in any more, here and in the other tabs. */
function end(): void {
  localStorage.removeItem(KEY);
  session.value = null;
}

/** An answer that is not an error. Throws as {@linkcode get}. */
export async function send(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  const key = localStorage.getItem(KEY) ?? "";
  try {
    const headers = { ...init.headers, "x-snet-key": key };
    response = await fetch(path, { ...init, headers, cache: "no-store", redirect: "error" });
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    throw new RequestError("snet cannot be reached", 0);
  }
  if (response.ok) return response;
  // Another tab may have logged in meanwhile, with another key; and a link that does not do ends nothing.
  const isCurrent = (localStorage.getItem(KEY) ?? "") === key &&
    !(path === SESSION && init.method === "POST");
  if (response.status === 401 && isCurrent) end();
  const said = await response.json().catch(() => undefined) as Said | undefined;
  if (response.status === 401) advice.value = said?.advice;
  throw new RequestError(
    typeof said?.error === "string" ? said.error : `HTTP ${response.status}`,
    response.status,
  );
}

async function json<T>(response: Response): Promise<T> {
  return await response.json() as T;
}
