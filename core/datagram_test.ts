import assert from "node:assert/strict";
import { UnixDatagram } from "./datagram.ts";

/** A receiver in another process: Deno has no stable datagram sockets of this family, Python has. */
class Receiver {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  constructor(path: string, program: string) {
    const args = [
      "-c",
      `import socket, sys\ns = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\n${program}`,
      path,
    ];
    this.#child = new Deno.Command("python3", { args, stdin: "piped", stdout: "piped" }).spawn();
    this.#lines = lines(this.#child.stdout);
  }
  async line(): Promise<string | undefined> {
    return (await this.#lines.next()).value;
  }
  async end(): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
  }
}

Deno.test("a receiver that was started again is found again, one that is gone is told by its errno", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const once = "s.bind(sys.argv[1])\nprint('bound', flush=True)\nprint(s.recv(100).decode(), flush=True)";
  const datagram = new UnixDatagram(path);
  assert.equal(datagram.send(bytes("early")), "ENOENT");
  for (const text of ["first", "second"]) {
    const receiver = new Receiver(path, once);
    assert.equal(await receiver.line(), "bound");
    assert.equal(datagram.send(bytes(text)), undefined);
    assert.equal(await receiver.line(), text);
    await receiver.end();
    if (text === "second") assert.equal(datagram.send(bytes("late")), "ECONNREFUSED");
    await Deno.remove(path);
  }
  datagram.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a receiver that takes nothing does not make the sender wait", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/socket`;
  const receiver = new Receiver(path, "s.bind(sys.argv[1])\nprint('bound', flush=True)\nsys.stdin.read()");
  assert.equal(await receiver.line(), "bound");
  const datagram = new UnixDatagram(path);
  const results = new Set<string | undefined>();
  // More than the queue of any receiver (net.unix.max_dgram_qlen).
  for (let sent = 0; sent < 10_000 && !results.has("EAGAIN"); sent++) results.add(datagram.send(bytes("x")));
  assert.deepEqual([...results], [undefined, "EAGAIN"]);
  datagram.close();
  await receiver.end();
  await Deno.remove(folder, { recursive: true });
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

async function* lines(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
