/** Network calls in one line of a table. */

import type { EventJson } from "../control/api.ts";
import { addressText, callName, protocolText, type ShownAddress } from "../cli/describe.ts";

/** `connect tcp 192.0.2.1:443`, and what of it can be left out; every text is printable. */
export function showCall(event: EventJson): readonly [string, ...string[]] {
  const call = callName(event);
  const protocol = protocolText(event.socket);
  const { local, remote } = event;
  if (call === "post_accept" && local !== undefined && remote !== undefined) {
    const own = local.port === undefined ? addressText(local) : `:${local.port}`;
    const peer = remote.ip ?? addressText(remote);
    return [
      `${call} ${protocol} ${addressText(local)}←${addressText(remote)}`,
      `${call} ${protocol} ${own}←${peer}`,
      `${call} ${own}←${peer}`,
    ];
  }
  const address = concerned(call, local, remote);
  if (address === undefined) return [`${call} ${protocol}`];
  return [`${call} ${protocol} ${addressText(address)}`, `${call} ${addressText(address)}`];
}

/** The address that a call is about: the own one where it is asked for or waited on, else the peer's. */
function concerned(call: string, local: ShownAddress | undefined, remote: ShownAddress | undefined) {
  const own = call === "bind" || call === "listen" || call === "accept";
  return own ? local : remote ?? local;
}
