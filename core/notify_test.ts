import assert from "node:assert/strict";
import { notifySystemd } from "./notify.ts";

Deno.test("without a socket to notify, nothing is told", () => {
  assert.equal(notifySystemd("READY=1", ""), false);
  assert.equal(notifySystemd("READY=1", "/nowhere/notify"), false);
});

Deno.test("the service manager is told over its socket, abstract ones too", async () => {
  for (const path of ["@snet-notify-test", await Deno.makeTempFile()]) {
    // Deno has no stable datagram sockets of this family, Python has.
    const receive = `import os, socket, sys
path = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if path[0] != "@": os.unlink(path)
s.bind(path.replace("@", "\\0") if path[0] == "@" else path)
print("bound", flush=True)
print(s.recv(100).decode())`;
    const python = new Deno.Command("python3", { args: ["-c", receive, path], stdout: "piped" }).spawn();
    const said = lines(python.stdout);
    assert.equal((await said.next()).value, "bound");
    assert.equal(notifySystemd("READY=1", path), true);
    assert.equal((await said.next()).value, "READY=1");
    await python.status;
    if (!path.startsWith("@")) await Deno.remove(path);
  }
});

async function* lines(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of output.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}
