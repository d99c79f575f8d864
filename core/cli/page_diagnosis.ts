/** What `snet doctor` finds of the page that a configuration wants. */

import type { PageState } from "../control/api.ts";
import { listenText } from "../listen.ts";
import type { WebConfig } from "../web/config.ts";
import type { Finding } from "./diagnosis.ts";
import { CommandError } from "./exit.ts";

const name = "page";

/** Ports below are for root (ip(7), ip_unprivileged_port_start). */
const FOR_ALL = 1024;

/** `ask` asks the daemon where its page is, and rejects with a CommandError where it cannot be asked. */
export async function diagnosePage(
  { listen, socket, tls }: WebConfig,
  ask: () => Promise<PageState | undefined>,
): Promise<Finding> {
  const wanted = [
    ...(listen === undefined ? [] : [listenText(listen)]),
    ...(socket === undefined ? [] : [`unix:${socket}`]),
  ].join(" and ");
  let state: PageState | undefined;
  let why = "the daemon has been started without it";
  try {
    state = await ask();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    why = error.message;
  }
  if (state === undefined) {
    return {
      ...{ name, state: "limited", found: `whether it is served on ${wanted} is not known: ${why}` },
      advice: "ask again when the daemon runs with this configuration",
    };
  }
  if (state.failure !== undefined) {
    return {
      ...{ name, state: "limited", found: state.failure },
      advice: `end what has that address, or write another into "web", and have the daemon reload (SIGHUP)`,
    };
  }
  const found = `${state.addresses.join(", ")} ('snet web' logs in)`;
  // Without TLS a browser takes whoever is there for the page, and keeps for later what it was given.
  const isForAll = listen !== undefined && tls === undefined && listen.port >= FOR_ALL;
  const more = isForAll ? "; where other users log in, take a port below 1024, which is for root" : "";
  return { name, state: "ok", found: found + more };
}
