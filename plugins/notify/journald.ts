/** Entries of systemd's journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL). */

import { fieldsOf, lineOf, type Message, severityOf } from "./message.ts";

/** What `journalctl MESSAGE_ID=…` finds decisions by. */
const MESSAGE_ID = "5f1ad5ad6f1c4b0f9b0a7d5a2f3c9e41";

/** The datagram of one entry. */
export function journalEntry(message: Message): Uint8Array<ArrayBuffer> {
  const fields: readonly (readonly [string, string])[] = [
    ["MESSAGE", lineOf(message)],
    ["MESSAGE_ID", MESSAGE_ID],
    ["PRIORITY", String(severityOf(message))],
    ["SYSLOG_IDENTIFIER", "snet"],
    ...fieldsOf(message).map(([name, value]) => [`SNET_${name.toUpperCase()}`, value] as const),
  ];
  return joined(fields.flatMap(([name, value]) => field(name, value)));
}

const encoder = new TextEncoder();

/** `NAME=value`, or the name, the length and the value where that has line feeds: nobody writes a field of his own. */
function field(name: string, value: string): Uint8Array[] {
  if (!value.includes("\n")) return [encoder.encode(`${name}=${value}\n`)];
  const bytes = encoder.encode(value);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes.length), true);
  return [encoder.encode(`${name}\n`), length, bytes, encoder.encode("\n")];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
