/** What `snet stats` shows of a server: who asks it, and who tried to. */

import type { ClientStats, ServeStats } from "../control/api.ts";
import { printable } from "./text.ts";

/** A number, its name and what it counts. */
export interface ServeCounter {
  readonly name: string;
  readonly value: number;
  readonly doc: string;
}

/** Counters under a title. */
export interface ServeSection {
  readonly title: string;
  readonly counters: readonly ServeCounter[];
}

const CLIENT_DOCS = {
  waiting: "Questions that wait now, and answers that it has not taken yet.",
  turns: "Messages that were taken.",
  questions: "Questions in them.",
  answered: "Questions that were decided.",
  passed: "Questions that were left to the client.",
  cancelled: "Questions that it took back, as their calls had ended.",
  gone: "Questions whose client was heard of no more.",
  overRate: "Messages and questions that were refused: too many in a second.",
  full: "Questions that were refused: too many wait.",
  malformed: "Messages and questions that could not be understood.",
  forged: "Messages in its name that none of its secrets has signed.",
  stale: "Messages whose time was not now; the client takes the server's then.",
  replayed: "Messages that had come before.",
} as const satisfies Partial<Record<keyof ClientStats, string>>;

const CONNECTION_DOCS = {
  open: "Connections now.",
  refused: "Connections that were closed at once: too many from one address, or in all.",
  timeouts: "Connections that were closed since they took too long to say something.",
  tooLarge: "Messages that were too long, or for which there was no memory.",
  tls: "Connections that spoke no TLS, or trust another authority.",
} as const satisfies Record<keyof ServeStats["connections"], string>;

/** The sections, in the order in which they are shown. */
export function serveSections({ unknown, connections, clients }: ServeStats): readonly ServeSection[] {
  const strangers = { name: "unknown", value: unknown, doc: "Messages in the name of no client." };
  return [
    {
      title: "Connections, since the server was started:",
      counters: [
        ...Object.entries(CONNECTION_DOCS).map(([name, doc]) => ({
          name,
          value: connections[name as keyof typeof CONNECTION_DOCS],
          doc,
        })),
        strangers,
      ],
    },
    ...clients.map((client) => ({
      title: `Client ${printable(client.name)}${client.sessions === 0 ? ", which is not there" : ""}:`,
      counters: Object.entries(CLIENT_DOCS).map(([name, doc]) => ({
        name,
        value: client[name as keyof typeof CLIENT_DOCS],
        doc,
      })),
    })),
  ];
}
