/** The tickets of the kernel, for people: with words, and the one that would answer such a call as was decided. */

import { addressText, printableWord, protocolText } from "../cli/describe.ts";
import type { UserName } from "../cli/users.ts";
import type { AddressJson, EventJson, TicketJson, TicketList } from "./api.ts";

/** The same tickets, with what they are about in words. */
export function withWords({ tickets, ...more }: TicketList, userName: UserName): TicketList {
  return {
    ...more,
    tickets: tickets.map((ticket) => ({
      ...ticket,
      what: ticketText(ticket),
      ...(ticket.uid !== undefined && { user: printableWord(userName(ticket.uid)) }),
    })),
  };
}

/** `connect tcp to 192.0.2.1:443`, without what its key leaves open; printable. */
export function ticketText({ event, family, type, protocol, local, remote }: TicketJson): string {
  const call = printableWord(event.slice(event.indexOf(".") + 1));
  const socket = family === undefined
    ? ""
    : ` ${protocolText({ family, type: type ?? 0, protocol: protocol ?? 0 })}`;
  const from = local === undefined ? "" : ` from ${addressText(local)}`;
  const to = remote === undefined ? "" : ` to ${addressText(remote)}`;
  return `${call}${socket}${from}${to}`;
}

/**
 * The ticket that would answer such a call, as far as tickets say what they hold: its program by the path, and nothing of
 * cgroups and namespaces. One that is for a single socket is for no other call. Of several the one that lasts longest; undefined where there is none.
 */
export function ticketFor(event: EventJson, tickets: readonly TicketJson[]): TicketJson | undefined {
  const fitting = tickets.filter((ticket) => fits(ticket, event));
  return fitting.toSorted((a, b) => b.timeLeft - a.timeLeft)[0];
}

function fits(ticket: TicketJson, { name, task, socket, local, remote }: EventJson): boolean {
  const { event, scope, key, pid, uid, comm, exe, family, type, protocol } = ticket;
  if (key.includes("cookie")) return false;
  if (event !== name || uid !== undefined && uid !== task.uid) return false;
  if (comm !== undefined && comm !== task.comm || exe !== undefined && exe !== task.exe) return false;
  const { family: its } = socket;
  if (
    family !== undefined && family !== its || type !== undefined && type !== socket.type ||
    protocol !== undefined && protocol !== socket.protocol
  ) return false;
  const owners = scope === "children"
    ? [task.pid, task.ppid, ...task.parents?.map(({ pid }) => pid) ?? []]
    : [task.pid];
  if (scope !== "program" && (pid === undefined || !owners.includes(pid))) return false;
  return holds(ticket.local, local) && holds(ticket.remote, remote);
}

/** Whether an address has all the parts that a ticket holds. */
function holds(held: AddressJson | undefined, address: AddressJson | undefined): boolean {
  if (held === undefined) return true;
  return address !== undefined &&
    Object.entries(held).every(([part, value]) => address[part as keyof AddressJson] === value);
}
