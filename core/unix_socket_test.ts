import { equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { listenAt, listenForGroup, removeSocket } from "./unix_socket.ts";

function modeOf(path: string): number {
  return Deno.lstatSync(path).mode! & 0o777;
}

Deno.test("unix socket: it has its permissions at once, and what others make meanwhile has theirs", async () => {
  const folder = await Deno.makeTempDir();
  const before = `${folder}/before`;
  const meanwhile = `${folder}/meanwhile`;
  Deno.mkdirSync(before);
  const server = createServer();
  const listening = listenAt(server, `${folder}/a.sock`, 0o600);
  equal(modeOf(`${folder}/a.sock`), 0o600);
  Deno.mkdirSync(meanwhile);
  equal(modeOf(meanwhile), modeOf(before));
  await listening;
  const closed = once(server, "close");
  server.close();
  await closed;
  await Deno.remove(folder, { recursive: true });
});

Deno.test("unix socket: one whose permissions cannot be given to it is listened on no more", async () => {
  const folder = await Deno.makeTempDir();
  const server = createServer();
  const listening = listenForGroup(server, `${folder}/a.sock`, undefined);
  Deno.removeSync(`${folder}/a.sock`);
  await rejects(listening, Deno.errors.NotFound);
  equal(server.listening, false);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("unix socket: what is left over gives way, and nothing else does", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/a.sock`;
  await Deno.writeTextFile(path, "mine");
  await rejects(listenForGroup(createServer(), path, undefined), (error: Error) => {
    match(error.message, /no socket$/);
    return true;
  });
  equal(await Deno.readTextFile(path), "mine");
  await Deno.remove(path);
  removeSocket(path);
  await Deno.remove(folder, { recursive: true });
});
