/** What whoever serves with node:http needs of requests and answers, with the web's own types. */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The headers of a request, each as often as it was sent. */
export function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

/** What tells a connection from all others: the same for it and for the TLS in it. */
export function connectionKey(socket: Socket): string | object {
  const { remoteAddress, remotePort } = socket;
  return remoteAddress === undefined ? socket : `${remoteAddress} ${remotePort}`;
}

/** Whoever wants to know that the other side takes nothing just now, and that it does again. */
export interface Stalls {
  begin(): void;
  end(): void;
}

/**
 * Sends a body as fast as the other side takes it, and leaves the answer open; lets go of the body when the other side goes.
 *
 * @param gone resolves when the answer is closed
 */
export async function sendBody(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  gone: Promise<void>,
  stalls?: Stalls,
): Promise<void> {
  const reader = body.getReader();
  void gone.then(() => reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (outgoing.write(value)) continue;
    stalls?.begin();
    await Promise.race([gone, new Promise((resolve) => outgoing.once("drain", resolve))]);
    stalls?.end();
  }
}
