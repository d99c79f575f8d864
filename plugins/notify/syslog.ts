/** Messages of syslog, RFC 5424. */

import { printable } from "../../core/mod.ts";
import { fieldsOf, lineOf, type Message, severityOf } from "./message.ts";

/** Facilities by their names (RFC 5424, 6.2.1). */
export const FACILITIES = {
  user: 1,
  daemon: 3,
  auth: 4,
  authpriv: 10,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;

/** One of {@linkcode FACILITIES}. */
export type Facility = keyof typeof FACILITIES;

/**
 * One message. The identifier of its structured data has the enterprise number that RFC 5612 keeps for documentation: snet
 * has none of its own.
 */
export function syslogMessage(message: Message, facility: Facility, host: string, pid: number): string {
  const { time, event } = message.observation;
  const priority = FACILITIES[facility] * 8 + severityOf(message);
  const data = fieldsOf(message).map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
  return `<${priority}>1 ${time} ${word(host)} snet ${pid} ${event.name} [snet@32473${data}] ${
    lineOf(message)
  }`;
}

/** Values of structured data (RFC 5424, 6.3.3), made printable besides. */
function escaped(value: string): string {
  return printable(value).replace(/["\\\]]/g, "\\$&");
}

/** A word of the header: printable ASCII, `-` where there is nothing. */
function word(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "?").slice(0, 255) || "-";
}
