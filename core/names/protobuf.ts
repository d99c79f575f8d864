/**
 * The fields of a protocol buffer (https://protobuf.dev/programming-guides/encoding). A dnstap frame is two of them, one
 * within the other, of which three fields are read: too little for a library with a generator.
 */

import { MalformedError } from "./dns.ts";

/** Numbers as they are, texts and messages as their bytes; those of 32 and 64 fixed bits are skipped. */
export type FieldHandler = (field: number, value: number | Uint8Array) => void;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** Bytes of a 64-bit number, seven bits each. */
const LONGEST_VARINT = 10;

/** Calls `onField` with each field. Throws a {@linkcode MalformedError} of one line. */
export function readFields(message: Uint8Array, onField: FieldHandler): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let i = 0; i < LONGEST_VARINT; i++) {
      const byte = message[at++];
      if (byte === undefined) throw new MalformedError("a number goes on behind the end");
      // Beyond 53 bits it is not exact, and no length, kind or number of a field either.
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    throw new MalformedError(`a number of more than ${LONGEST_VARINT} bytes`);
  };
  const skip = (size: number): void => {
    if (size > message.length - at) {
      throw new MalformedError(`a field of ${size} bytes goes on behind the end`);
    }
    at += size;
  };
  while (at < message.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    switch (key % 8) {
      case VARINT:
        onField(field, varint());
        break;
      case BYTES: {
        const size = varint();
        const from = at;
        skip(size);
        onField(field, message.subarray(from, at));
        break;
      }
      case FIXED64:
        skip(8);
        break;
      case FIXED32:
        skip(4);
        break;
      default:
        throw new MalformedError(`a field of unknown kind ${key % 8}`);
    }
  }
}
