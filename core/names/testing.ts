/** DNS messages and frames for tests, written by hand: what reads them must not be what made them. */

/** A name on the wire; a label may be given as its bytes. */
export function wireName(...labels: readonly (string | Uint8Array)[]): number[] {
  const bytes = labels.map((label) => typeof label === "string" ? new TextEncoder().encode(label) : label);
  return [...bytes.flatMap((label) => [label.length, ...label]), 0];
}

/** As {@linkcode wireName}, of a text with dots between labels. */
export const nameOf = (text: string): number[] => wireName(...text.split("."));

export const u16 = (value: number): number[] => [value >> 8, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** One resource record of class IN. */
export function rr(owner: readonly number[], type: number, data: readonly number[], ttl = 300): number[] {
  return [...owner, ...u16(type), ...u16(1), ...u32(ttl), ...u16(data.length), ...data];
}

export const a = (owner: string, ip: string, ttl?: number): number[] =>
  rr(nameOf(owner), 1, ip.split(".").map(Number), ttl);
export const cname = (owner: string, target: string, ttl?: number): number[] =>
  rr(nameOf(owner), 5, nameOf(target), ttl);

/** A response to one question, with these records as its answer. */
export function response(
  asked: readonly number[],
  answers: readonly (readonly number[])[],
  { type = 1, flags = 0x8180, questions = 1 } = {},
): Uint8Array<ArrayBuffer> {
  const head = [...u16(1234), ...u16(flags), ...u16(questions), ...u16(answers.length), ...u32(0)];
  return Uint8Array.from([...head, ...asked, ...u16(type), ...u16(1), ...answers.flat()]);
}

/** A field of a protocol buffer that is bytes, or a number below 128. */
export function field(number: number, value: number | Uint8Array): Uint8Array<ArrayBuffer> {
  if (typeof value === "number") return Uint8Array.of(number << 3, value);
  const length = value.length < 128 ? [value.length] : [value.length & 127 | 128, value.length >> 7];
  return Uint8Array.from([number << 3 | 2, ...length, ...value]);
}

/** A dnstap frame with a response of a type (6: to a client). */
export function dnstapFrame(message: Uint8Array, type = 6): Uint8Array<ArrayBuffer> {
  const inner = Uint8Array.from([...field(1, type), ...field(14, message)]);
  return Uint8Array.from([...field(14, inner), ...field(15, 1)]);
}

/** A frame with its length before it. */
export const framed = (frame: Uint8Array): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([...u32(frame.length), ...frame]);

/** Numbers below a limit, the same in every run (mulberry32). */
export function randomOf(seed: number): (limit: number) => number {
  return (limit) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), seed | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % limit;
  };
}
