import assert from "node:assert/strict";
import { DaemonLock } from "./lock.ts";

Deno.test("a second daemon on the same socket is told who serves it", async () => {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/snet.sock`;
  {
    using _lock = DaemonLock.take(socket);
    assert.throws(() => DaemonLock.take(socket), {
      message: `Another snet daemon (pid ${Deno.pid}) serves ${socket}`,
    });
  }
  DaemonLock.take(socket)[Symbol.dispose]();
  await Deno.remove(folder, { recursive: true });
});
