/** python3, with all that its library does with sockets. */

import { deepEqual, equal } from "node:assert/strict";
import { alike, only, run } from "./program.ts";
import { TcpServer, UdpServer } from "./server.ts";

/** What a script prints; it must be the same under snet. */
async function python(script: string): Promise<string> {
  const { stdout, stderr, code } = await alike(["/usr/bin/python3", "-c", script]);
  deepEqual([stderr, code], ["", 0]);
  return stdout;
}

Deno.test("python: TCP and UDP over IPv4 and IPv6", async () => {
  const script = `
import socket
for family, host in (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"):
    with socket.create_server((host, 0), family=family) as server:
        with socket.create_connection(server.getsockname()[:2]) as client:
            one, peer = server.accept()
            print(peer == client.getsockname())
            client.sendall(b"hello")
            print(one.recv(10))
            one.close()
    with socket.socket(family, socket.SOCK_DGRAM) as server, socket.socket(family, socket.SOCK_DGRAM) as client:
        server.bind((host, 0))
        print(client.sendto(b"hello", server.getsockname()))
        data = server.recv(10)
        print(data, client.sendmsg([b"a", b"bc"], [], 0, server.getsockname()), server.recv(10))
`;
  equal(await python(script), `True\nb'hello'\n5\nb'hello' 3 b'abc'\n`.repeat(2));
});

Deno.test("python: asyncio", async () => {
  const script = `
import asyncio
async def serve(reader, writer):
    writer.write((await reader.readline()).upper())
    await writer.drain()
    writer.close()
async def ask(port, i):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"question {i}\\n".encode())
    answer = await reader.read()
    writer.close()
    return answer == f"QUESTION {i}\\n".encode()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(sum(await asyncio.gather(*(ask(port, i) for i in range(100)))))
    loop = asyncio.get_running_loop()
    try:
        await asyncio.open_connection("127.0.0.1", 1)
    except ConnectionRefusedError as error:
        print(error.errno)
asyncio.run(main())
`;
  equal(await python(script), "100\n111\n");
});

Deno.test("python: threads", async () => {
  const script = `
import socket, socketserver, threading
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
    server.request_queue_size = 64
    server.socket.listen(64)
    threading.Thread(target=server.serve_forever).start()
    good = []
    def ask(i):
        with socket.create_connection(server.server_address) as s:
            s.sendall(b"x%d\\n" % i)
            good.append(s.recv(100) == b"X%d\\n" % i)
    all = [threading.Thread(target=ask, args=(i,)) for i in range(60)]
    for one in all: one.start()
    for one in all: one.join()
    server.shutdown()
    print(sum(good))
`;
  equal(await python(script), "60\n");
});

Deno.test("python: multiprocessing", async () => {
  const script = `
import multiprocessing, os, socket, threading
def ask(port):
    with socket.create_connection(("127.0.0.1", port)) as s:
        return s.recv(10)
def serve(server):
    for i in range(40):
        one, _ = server.accept()
        one.sendall(b"yes")
        one.close()
if __name__ == "__main__":
    server = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=serve, args=(server,)).start()
    with multiprocessing.get_context("fork").Pool(8) as pool:
        print(pool.map(ask, [server.getsockname()[1]] * 40) == [b"yes"] * 40)
    parent, child = multiprocessing.get_context("fork").Pipe()
    parent.send("over a socket pair")
    print(child.recv())
`;
  equal(await python(script), "True\nover a socket pair\n");
});

Deno.test("python: a server that forks, and one of datagrams", async () => {
  const script = `
import socket, socketserver, threading
class Stream(socketserver.StreamRequestHandler):
    def handle(self): self.wfile.write(b"forked")
class Datagram(socketserver.BaseRequestHandler):
    def handle(self): self.request[1].sendto(self.request[0].upper(), self.client_address)
with socketserver.ForkingTCPServer(("127.0.0.1", 0), Stream) as server:
    thread = threading.Thread(target=lambda: [server.handle_request() for _ in range(10)])
    thread.start()
    print({socket.create_connection(server.server_address).recv(10) for _ in range(10)})
    thread.join()
with socketserver.UDPServer(("127.0.0.1", 0), Datagram) as server:
    threading.Thread(target=server.handle_request).start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"hello", server.server_address)
        print(s.recv(10))
`;
  equal(await python(script), "{b'forked'}\nb'HELLO'\n");
});

Deno.test("python: timeouts and non-blocking sockets", async () => {
  const script = `
import errno, select, socket
server = socket.create_server(("127.0.0.1", 0))
server.settimeout(0.2)
try:
    server.accept()
except TimeoutError as error:
    print("accept:", error)
s = socket.socket()
s.setblocking(False)
print(errno.errorcode[s.connect_ex(server.getsockname())])
print(select.select([], [s], [], 10)[1] == [s], s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
one, _ = server.accept()
print(one.getpeername() == s.getsockname())
try:
    s.recv(1)
except BlockingIOError:
    print("nothing yet")
`;
  equal(await python(script), "accept: timed out\nEINPROGRESS\nTrue 0\nTrue\nnothing yet\n");
});

Deno.test("python: of several connections and datagrams, only those pass that a rule allows", async () => {
  await using allowed = new TcpServer();
  await using denied = new TcpServer("127.0.0.2");
  await using wanted = await UdpServer.start();
  await using unwanted = await UdpServer.start("127.0.0.2");
  const script = `
import errno, socket
def attempt(work):
    try:
        return work()
    except OSError as error:
        return errno.errorcode[error.errno]
def tcp(host, port):
    with socket.create_connection((host, port)) as s:
        return s.recv(10)
def udp(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        return s.sendto(host.encode(), (host, port))
def connected(host, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((host, port))
        return s.send(b"connected " + host.encode())
for host, stream, datagram in ("127.0.0.1", ${allowed.port}, ${wanted.port}), ("127.0.0.2", ${denied.port}, ${unwanted.port}):
    print(attempt(lambda: tcp(host, stream)), attempt(lambda: udp(host, datagram)), attempt(lambda: connected(host, datagram)))
`;
  const { stdout } = await run(["/usr/bin/python3", "-c", script], {
    snet: only("{ name: here, allow: snet.out, to: 127.0.0.1 }"),
  });
  equal(stdout, "b'hello\\n' 9 19\nEPERM EPERM EPERM\n");
  deepEqual([await allowed.count(), await denied.count()], [1, 0]);
  deepEqual(await wanted.texts(), ["127.0.0.1", "connected 127.0.0.1"]);
  deepEqual(await unwanted.texts(), []);
});

Deno.test("python: a denied message in the middle ends sendmmsg, and those before it are sent", async () => {
  await using wanted = await UdpServer.start();
  await using unwanted = await UdpServer.start("127.0.0.2");
  const script = `
import ctypes, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
def sockaddr(host, port):
    return struct.pack("=H", socket.AF_INET) + struct.pack("!H", port) + socket.inet_aton(host) + bytes(8)
to = [("127.0.0.1", ${wanted.port})] * 3 + [("127.0.0.2", ${unwanted.port})] + [("127.0.0.1", ${wanted.port})] * 2
keep, headers = [], b""
for i, where in enumerate(to):
    name = ctypes.create_string_buffer(sockaddr(*where))
    text = ctypes.create_string_buffer(b"message %d" % i)
    piece = ctypes.create_string_buffer(struct.pack("QQ", ctypes.addressof(text), 9))
    keep += [name, text, piece]
    headers += struct.pack("QIxxxxQQQQixxxxIxxxx", ctypes.addressof(name), 16, ctypes.addressof(piece), 1, 0, 0, 0, 99)
vector = ctypes.create_string_buffer(headers)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    print(libc.sendmmsg(s.fileno(), vector, 6, 0), [struct.unpack_from("I", vector, 64 * i + 56)[0] for i in range(6)])
    print(libc.sendmmsg(s.fileno(), ctypes.byref(vector, 64 * 3), 3, 0), ctypes.get_errno())
`;
  const { stdout } = await run(["/usr/bin/python3", "-c", script], {
    snet: only("{ name: here, allow: snet.out, to: 127.0.0.1 }"),
  });
  equal(stdout, "3 [9, 9, 9, 99, 99, 99]\n-1 1\n");
  deepEqual(await wanted.texts(), ["message 0", "message 1", "message 2"]);
  deepEqual(await unwanted.texts(), []);
});

Deno.test("python: a peer that is denied never becomes a connection", async () => {
  const script = `
import errno, socket
server = socket.create_server(("127.0.0.1", 0))
def client(host):
    s = socket.socket()
    s.bind((host, 0))
    s.connect(server.getsockname())
    return s
bad, good = client("127.0.0.2"), client("127.0.0.1")
for _ in range(2):
    try:
        print(server.accept()[1][0])
    except OSError as error:
        print(errno.errorcode[error.errno])
try:
    print("the denied one reads", bad.recv(1))
except ConnectionResetError:
    print("the denied one reads b''")
`;
  const { stdout } = await run(["/usr/bin/python3", "-c", script], {
    snet: only(
      "{ name: peer, deny: snet.post_accept, from: 127.0.0.2 }",
      "{ name: rest, allow: [snet.out, snet.in] }",
    ),
  });
  equal(stdout, "ECONNABORTED\n127.0.0.1\nthe denied one reads b''\n");
});
