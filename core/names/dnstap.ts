/**
 * What a dnstap frame says (https://dnstap.info, dnstap.proto): unbound, BIND, Knot Resolver, dnsdist, PowerDNS and CoreDNS
 * write it.
 *
 * Only what the resolver has answered its clients is looked at (CLIENT_RESPONSE). What other servers have answered the
 * resolver (RESOLVER_RESPONSE) has not been checked by it: whoever runs a name server could put names of others in there,
 * and have any program ask for them.
 */

import { MalformedError, readResponse } from "./dns.ts";
import type { NameAnswer } from "./dns.ts";
import { readFields } from "./protobuf.ts";

// Of Dnstap.
const DNSTAP_MESSAGE = 14;
const DNSTAP_TYPE = 15;
const TYPE_MESSAGE = 1;
// Of Message.
const MESSAGE_TYPE = 1;
const RESPONSE_MESSAGE = 14;
const CLIENT_RESPONSE = 6;

/**
 * What the resolver told a client; `skipped` where the frame is about something else, undefined where the answer told no
 * address. Throws a {@linkcode MalformedError} of one line.
 */
export function readDnstap(frame: Uint8Array): NameAnswer | "skipped" | undefined {
  let type: number | undefined;
  let message: Uint8Array | undefined;
  readFields(frame, (field, value) => {
    if (field === DNSTAP_TYPE && typeof value === "number") type = value;
    if (field === DNSTAP_MESSAGE && typeof value !== "number") message = value;
  });
  if (type === undefined) throw new MalformedError("a dnstap frame without a type");
  if (type !== TYPE_MESSAGE || message === undefined) return "skipped";
  let kind: number | undefined;
  let response: Uint8Array | undefined;
  readFields(message, (field, value) => {
    if (field === MESSAGE_TYPE && typeof value === "number") kind = value;
    if (field === RESPONSE_MESSAGE && typeof value !== "number") response = value;
  });
  if (kind === undefined) throw new MalformedError("a dnstap message without a type");
  return kind !== CLIENT_RESPONSE || response === undefined ? "skipped" : readResponse(response);
}
