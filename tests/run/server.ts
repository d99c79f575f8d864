/** Servers on loopback that can say who has come. */

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { until, within } from "../kernel/until.ts";

/** Takes connections, says "hello\n" to each and closes it. */
export class TcpServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #serving: Promise<void>;
  readonly #from: string[] = [];

  constructor(hostname = "127.0.0.1", port = 0) {
    this.#listener = Deno.listen({ hostname, port });
    this.#serving = this.#serve();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  get hostname(): string {
    return (this.#listener.addr as Deno.NetAddr).hostname;
  }

  async #serve(): Promise<void> {
    for (;;) {
      try {
        const connection = await this.#listener.accept();
        const { hostname, port } = connection.remoteAddr;
        this.#from.push(`${hostname}:${port}`);
        connection.write(new TextEncoder().encode("hello\n")).catch(() => {}).finally(() =>
          connection.close()
        );
      } catch (error) {
        if (error instanceof Deno.errors.BadResource) return;
        // One that was reset before anybody looked has come all the same.
        if (!(error instanceof Deno.errors.NotConnected)) throw error;
        this.#from.push("gone");
      }
    }
  }

  /** How many have come since it was asked last. They are taken in order: when one of ours is, so are all before it. */
  async count(): Promise<number> {
    using own = await Deno.connect({ hostname: this.hostname, port: this.port });
    const { hostname, port } = own.localAddr as Deno.NetAddr;
    // It is greeted when it was taken.
    await own.read(new Uint8Array(8));
    // The last of that name: the kernel may give us a port that one before us had.
    return this.#from.splice(0, this.#from.lastIndexOf(`${hostname}:${port}`) + 1).length - 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#serving;
  }
}

/** Takes datagrams. */
export class UdpServer implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #texts: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", (bytes) => this.#texts.push(bytes.toString()));
  }

  static async start(hostname = "127.0.0.1", port = 0): Promise<UdpServer> {
    const socket = createSocket(hostname.includes(":") ? "udp6" : "udp4");
    socket.bind(port, hostname);
    await once(socket, "listening");
    return new UdpServer(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** What has come since it was asked last, in order: when one of ours has, so have all before it. */
  async texts(): Promise<readonly string[]> {
    const mark = crypto.randomUUID();
    const { address, port } = this.#socket.address();
    // A full queue loses ours too.
    await until("our own datagram", async () => {
      this.#socket.send(mark, port, address);
      await new Promise((resolve) => setImmediate(resolve));
      return this.#texts.includes(mark);
    });
    const before = this.#texts.slice(0, this.#texts.indexOf(mark));
    this.#texts.length = 0;
    return before.filter((text) => text.length !== mark.length);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await within("the socket's end", once(this.#socket, "close"));
  }
}

/** A web server with a few pages; what it was asked for. */
export class WebServer implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly paths: string[] = [];

  /** `folder`: files that it serves; without one each page says its own path. */
  constructor(hostname = "127.0.0.1", folder?: string) {
    this.#server = Deno.serve({ hostname, port: 0, onListen: () => {} }, async (request) => {
      const { pathname } = new URL(request.url);
      this.paths.push(pathname);
      if (folder === undefined) return new Response(`page ${pathname}\n`);
      try {
        return new Response(await Deno.readFile(`${folder}${decodeURIComponent(pathname)}`));
      } catch {
        return new Response("no such page\n", { status: 404 });
      }
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
