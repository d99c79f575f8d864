/** Two connected sockets, for tests: what one sends, the other receives. */

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;

const { socketpair } = Deno.dlopen("libc.so.6", {
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
}).symbols;

/** socketpair(2) of AF_UNIX, SOCK_SEQPACKET unless another type is wanted. The caller closes both. */
export function socketPair(type = SOCK_SEQPACKET): [number, number] {
  const pair = new Int32Array(2);
  if (socketpair(AF_UNIX, type, 0, pair) !== 0) throw new Error("Cannot make a socket pair");
  return [pair[0]!, pair[1]!];
}
