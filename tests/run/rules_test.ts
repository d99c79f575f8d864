/** Rules of a run: learned, logged, told about. */

import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { ALLOW_ALL, only, PLACE, PROBE, run, SNET } from "./program.ts";
import { TcpServer, UdpServer } from "./server.ts";

function script(tcp: readonly [string, number], udp: readonly [string, number]): string {
  return `
import errno, socket
def attempt(work):
    try:
        return work()
    except OSError as error:
        return errno.errorcode[error.errno]
server = socket.create_server(("127.0.0.1", 0))
own = socket.create_connection(server.getsockname())
server.accept()[0].close()
print(attempt(lambda: socket.create_connection(("${tcp[0]}", ${tcp[1]})).recv(10)))
print(attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("${udp[0]}", ${
    udp[1]
  }))))
`;
}

Deno.test("rules: what was learned lets the same pass, and nothing else", async () => {
  await using tcp = new TcpServer();
  await using otherTcp = new TcpServer("127.0.0.2");
  await using udp = await UdpServer.start();
  await using otherUdp = await UdpServer.start("127.0.0.2");
  const learned = `${PLACE}/home/learned.yaml`;
  const program = (
    host: string,
    t: number,
    u: number,
  ) => ["/usr/bin/python3", "-c", script([host, t], [host, u])];
  const first = await run(program("127.0.0.1", tcp.port, udp.port), { snet: ["--learn", learned] });
  deepEqual([first.stdout, first.code], ["b'hello\\n'\n5\n", 0], first.stderr);

  const check = await run([SNET, "rules", "check", learned]);
  equal(check.code, 0, check.stdout + check.stderr);
  const held = ["--rules", learned, "--default", "deny"];
  const again = await run(program("127.0.0.1", tcp.port, udp.port), { snet: held });
  deepEqual([again.stdout, again.code], ["b'hello\\n'\n5\n", 0], again.stderr);
  equal(await tcp.count(), 2);
  deepEqual(await udp.texts(), ["hello", "hello"]);

  const other = await run(program("127.0.0.2", otherTcp.port, otherUdp.port), { snet: held });
  equal(other.stdout, "EPERM\nEPERM\n");
  equal(await otherTcp.count(), 0);
  deepEqual(await otherUdp.texts(), []);
  // Another program neither.
  equal((await run([`${PROBE}/static`, "127.0.0.1", String(tcp.port)], { snet: held })).code, 1);
  equal(await tcp.count(), 0);
  await Deno.remove(learned);
});

Deno.test("rules: a file that exists is not learned over", async () => {
  const path = `${PLACE}/home/mine.yaml`;
  await Deno.writeTextFile(path, "# mine\n");
  const { code, stderr, stdout } = await run(["echo", "ran"], { snet: ["--learn", path] });
  deepEqual([code, stdout], [125, ""]);
  match(stderr, /^snet: [^\n]*mine.yaml[^\n]*\n$/);
  equal(await Deno.readTextFile(path), "# mine\n");
  await Deno.remove(path);
});

Deno.test("rules: a rule by the program's parents, user and family", async () => {
  await using server = new TcpServer();
  const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  for (
    const operand of [
      `exe: ${PROBE}/static`,
      "user: 65534",
      "family: inet",
      "proto: tcp",
      "comm: static",
      "to: 127.0.0.0/8",
    ]
  ) {
    const { stdout, stderr } = await run(program, {
      snet: only(`{ name: one, allow: snet.connect, ${operand} }`),
    });
    equal(stdout, "hello\n", `${operand}: ${stderr}`);
  }
  for (
    const operand of ["exe: /usr/bin/curl", "user: 1", "family: inet6", "proto: udp", "comm: curl", "port: 1"]
  ) {
    const { code } = await run(program, { snet: only(`{ name: one, allow: snet.connect, ${operand} }`) });
    equal(code, 1, operand);
  }
  equal(await server.count(), 6);
});

Deno.test("rules: every decision is in the log, with who asked", async () => {
  await using server = new TcpServer();
  const log = `${PLACE}/home/run.log`;
  const program = `${PROBE}/static 127.0.0.1 ${server.port}`;
  await run(["sh", "-c", `${program}; ${program}`], { snet: [...ALLOW_ALL, "--log", log, "--json"] });
  const rows = (await Deno.readTextFile(log)).trim().split("\n").map((line) => JSON.parse(line));
  const connects = rows.filter((row) => JSON.stringify(row).includes("snet.connect"));
  equal(connects.length, 2);
  for (const row of connects) {
    const text = JSON.stringify(row);
    for (const part of [`${PROBE}/static`, `${server.port}`, "allow", "/bin/", "127.0.0.1"]) {
      ok(text.includes(part), `${part} in ${text}`);
    }
  }
  const asText = `${PLACE}/home/run.txt`;
  await run(["sh", "-c", program], { snet: ["--default", "deny", "--log", asText] });
  match(await Deno.readTextFile(asText), new RegExp(`static.*127\\.0\\.0\\.1:${server.port}`));
  for (const path of [log, asText]) await Deno.remove(path);
});

Deno.test("rules: a denial is told in one line, and not with --quiet", async () => {
  await using server = new TcpServer();
  const program = [`${PROBE}/static`, "127.0.0.1", String(server.port)];
  const { stderr } = await run(program, { snet: ["--default", "deny", "--quiet"] });
  equal(stderr, "static: connect: Operation not permitted\n");
});

Deno.test("rules: other families are allowed unless denied", async () => {
  const pair = `
import errno, socket
try:
    s = socket.socket(socket.AF_UNIX)
    s.bind("\\0snet-run-test-" + str(__import__("os").getpid()))
    s.listen()
    socket.socket(socket.AF_UNIX).connect(s.getsockname())
    print("connected")
except OSError as error:
    print(errno.errorcode[error.errno])
`;
  const python = ["/usr/bin/python3", "-c", pair];
  equal((await run(python, { snet: ["--default", "deny"] })).stdout, "connected\n");
  equal((await run(python, { snet: ["--default", "allow", "--others", "deny"] })).stdout, "EPERM\n");
});

Deno.test("rules: payload is judged where a rule names it", async () => {
  await using server = await UdpServer.start();
  const send = (text: string) => [
    "/usr/bin/python3",
    "-c",
    `import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"${text}", ("127.0.0.1", ${server.port}))`,
  ];
  const snet = [...only("{ name: hello, allow: snet.sendmsg, payload: hello }"), "--payload", "64"];
  equal((await run(send("say hello"), { snet })).code, 0);
  notEqual((await run(send("say goodbye"), { snet })).code, 0);
  deepEqual(await server.texts(), ["say hello"]);
});
