/** Many processes, and odd ones. */

import { deepEqual, equal, match } from "node:assert/strict";
import { alike, ALLOW_ALL, only, PLACE, PROBE, run, USERS } from "./program.ts";
import { TcpServer } from "./server.ts";

const CHILDREN = 500;

for (const user of USERS) {
  for (const what of ["fork", "double", "exec", "vfork", "thread"]) {
    Deno.test(`processes, as ${user}: a storm of ${CHILDREN} children (${what})`, async () => {
      await using server = new TcpServer();
      const argv = [`${PROBE}/storm`, String(CHILDREN), String(server.port), what];
      equal((await alike(argv, { user })).stdout, `0 ${CHILDREN}\n`);
      equal(await server.count(), 2 * CHILDREN);
      equal(
        (await run(argv, { user, snet: ["--quiet", "--default", "deny"] })).stdout,
        `EPERM ${CHILDREN}\n`,
      );
      equal(await server.count(), 0);
    });
  }
}

Deno.test("processes: each program in a chain of executions is seen as what it is", async () => {
  await using server = new TcpServer();
  const port = String(server.port);
  const script = `nc -z 127.0.0.1 ${port}; echo $?; exec env sh -c 'exec ${PROBE}/static 127.0.0.1 ${port}'`;
  const { stdout, stderr } = await run(["sh", "-c", script], {
    snet: only(`{ name: one, allow: snet.connect, exe: ${PROBE}/static }`),
  });
  equal(stdout, "1\nhello\n");
  deepEqual(stderr, "");
  equal(await server.count(), 1);
});

Deno.test("processes: a program that executes a set-user-ID program does not gain by it", async () => {
  const path = `${PLACE}/home/setuid`;
  await Deno.copyFile("/usr/bin/id", path);
  await Deno.chown(path, 0, 0);
  await Deno.chmod(path, 0o4755);
  const id = [path, "-u"];
  equal((await run(id)).stdout, "0\n", "by itself it does");
  // The kernel gives no rights to a program under a filter that an ordinary user has set (no_new_privs).
  const held = await run(["sh", "-c", `${id.join(" ")}; echo $?`], { snet: ALLOW_ALL });
  equal(held.stdout, "65534\n0\n");
  equal((await alike(id, { user: "root" })).stdout, "0\n");
});

Deno.test("processes: a program that cannot be looked into is refused, and snet says so once", async () => {
  await using server = new TcpServer();
  const hidden = `${PROBE}/hidden 127.0.0.1 ${server.port}`;
  const { stdout, stderr } = await run(["sh", "-c", `${hidden}; ${hidden}`], { snet: ALLOW_ALL });
  equal(stdout, "connect EPERM\n".repeat(2));
  equal(await server.count(), 0);
  match(stderr, /^snet: .*hidden.*\n$/);
});

Deno.test("processes: root looks into every program", async () => {
  await using server = new TcpServer();
  await alike([`${PROBE}/hidden`, "127.0.0.1", String(server.port)], { user: "root" });
  equal(await server.count(), 2);
});

Deno.test("processes: a program that becomes another user is held by root's snet", async () => {
  await using server = new TcpServer();
  const argv = [
    "setpriv",
    "--reuid=65533",
    "--regid=65533",
    "--clear-groups",
    `${PROBE}/static`,
    "127.0.0.1",
    String(server.port),
  ];
  equal((await alike(argv, { user: "root" })).stdout, "hello\n");
  equal(await server.count(), 2);
  const other = only(
    "{ name: not they, deny: snet.connect, user: 65533 }",
    "{ name: all, allow: snet.connect }",
  );
  equal(
    (await run(argv, { user: "root", snet: other })).stderr,
    "static: connect: Operation not permitted\n",
  );
  equal(await server.count(), 0);
});

Deno.test("processes: what needs capabilities, a program without them does not get through root's snet", async () => {
  const script = `
import errno, socket
for work in lambda s: s.bind(("127.0.0.1", 99)), lambda s: s.sendmsg([b"x"], [(socket.SOL_IP, 8, bytes(4) + socket.inet_aton("192.0.2.1") + bytes(4))], 0, ("127.0.0.1", 9)):
    try:
        print(work(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
    except OSError as error:
        print(errno.errorcode[error.errno])
`;
  const python = ["/usr/bin/python3", "-c", script];
  await alike(["setpriv", "--reuid=65533", "--regid=65533", "--clear-groups", ...python], { user: "root" });
  await alike(
    ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "sh", "-c", 'exec "$@"', "sh", ...python],
    {
      user: "root",
    },
  );
  await alike(["unshare", "--user", "--map-root-user", ...python], { user: "root" });
  await alike(python, { user: "root" });
});

Deno.test("processes: a program in namespaces of its own uses its own network", async () => {
  const script = `ip link set lo up 2>/dev/null; exec /usr/bin/python3 -c '
import errno, socket
server = socket.create_server(("127.0.0.1", 80))
s = socket.create_connection(("127.0.0.1", 80))
print(server.accept()[1] == s.getsockname())'`;
  const { stdout } = await alike(
    ["unshare", "--net", "--pid", "--fork", "--mount", "--mount-proc", "sh", "-c", script],
    { user: "root" },
  );
  equal(stdout, "True\n");
});
