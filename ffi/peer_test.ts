import { deepStrictEqual, equal, notEqual, ok } from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { ERRNO } from "./errno.ts";
import { close } from "./libc.ts";
import { peerCredentials, peerGroups, peerProcess } from "./peer.ts";
import { signalProcess } from "./process.ts";

function descriptor(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

/** The served end of a connection that `open` makes to the socket of that path. */
async function served(
  open: (path: string) => void,
  look: (fd: number, socket: Socket) => Promise<void> | void,
) {
  const folder = Deno.makeTempDirSync();
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  try {
    const path = `${folder}/socket`;
    server.listen(path);
    await once(server, "listening");
    const connection = once(server, "connection");
    open(path);
    const [socket] = await connection as [Socket];
    try {
      await look(descriptor(socket), socket);
    } finally {
      socket.destroy();
    }
  } finally {
    const closed = once(server, "close");
    server.close();
    await closed;
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The process has a descriptor of it, or Linux is older than that. */
function lives(pidfd: number): boolean {
  if (pidfd === -ERRNO.ENOPROTOOPT) return true;
  ok(pidfd >= 0);
  const failed = signalProcess(pidfd, 0);
  close(pidfd);
  return failed === 0;
}

Deno.test("peer: this process is known by its credentials, groups and descriptor", async () => {
  let client: Socket | undefined;
  await served((path) => client = connect(path), (fd) => {
    deepStrictEqual(peerCredentials(fd), { pid: Deno.pid, uid: Deno.uid(), gid: Deno.gid() });
    const [, groups = ""] = /^Groups:[ \t]*(.*?)[ \t]*$/m.exec(Deno.readTextFileSync("/proc/self/status"))!;
    deepStrictEqual(peerGroups(fd), groups === "" ? [] : groups.split(" ").map(Number));
    ok(lives(peerProcess(fd)));
  });
  client!.destroy();
});

Deno.test("peer: one that has ended has no descriptor, and keeps its number", async () => {
  const code = `await Deno.connect({ transport: "unix", path: Deno.args[0] }); await new Promise(() => {
    setInterval(() => {}, 1e6);
  });`;
  let child: Deno.ChildProcess | undefined;
  await served((path) => {
    const args = ["eval", code, path];
    child = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
  }, async (fd, socket) => {
    socket.on("error", () => {});
    ok(lives(peerProcess(fd)));
    child!.kill("SIGKILL");
    await child!.status;
    const credentials = peerCredentials(fd);
    equal(typeof credentials === "object" && credentials.pid, child!.pid);
    const pidfd = peerProcess(fd);
    ok(pidfd < 0 || !lives(pidfd) || pidfd === -ERRNO.ENOPROTOOPT);
    if (pidfd >= 0) notEqual(signalProcess(pidfd, 0), 0);
  });
});

Deno.test({
  name: "peer: one of a hundred groups is told with all of them",
  // Only root gives itself groups.
  ignore: Deno.uid() !== 0,
  async fn() {
    const code = `import os, socket, sys
os.setgroups(range(1000, 1100))
link = socket.socket(socket.AF_UNIX)
link.connect(sys.argv[1])
link.recv(1)`;
    let child: Deno.ChildProcess | undefined;
    await served((path) => {
      const args = ["-c", code, path];
      child = new Deno.Command("/usr/bin/python3", { args, stdout: "null" }).spawn();
    }, (fd) => {
      deepStrictEqual(peerGroups(fd), Array.from({ length: 100 }, (_, index) => 1000 + index));
    });
    equal((await child!.status).code, 0);
  },
});

Deno.test("peer: what is no socket has none", () => {
  deepStrictEqual([peerCredentials(-1), peerProcess(-1), peerGroups(-1)], [
    -ERRNO.EBADF,
    -ERRNO.EBADF,
    -ERRNO.EBADF,
  ]);
});
