/**
 * Records messages of the real kernel into tests/golden/kernel, for the tests of ffi:
 *
 *     deno run -A tests/record_golden.ts
 *
 * It boots the test kernel and runs itself there. The bytes are taken off the socket as they are.
 */

import { MessageWriter, writeAttributes } from "../ffi/codec.ts";
import { EventMessage } from "../ffi/event.ts";
import { isRetry, MessageFlag, PollSet, recv, send } from "../ffi/libc.ts";
import { Connection } from "../ffi/libnl.ts";
import { Action, Command, type EventName, FAMILY_NAME, FAMILY_VERSION, Operand } from "../ffi/protocol.ts";

const INSIDE = "/run/golden";
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const REQUEST = 1;
const ACK = 4;
const DUMP = 0x300;
const ALL_EVENTS = 0x3ff;
const ALL_FAMILIES = (1n << 45n) - 1n;

/** A program in Python, and the event of it to keep. */
interface Scene {
  readonly file: string;
  readonly event: EventName;
  readonly python: string;
}

const TCP = "s = socket.socket(); ";
const PAIR = "l = socket.socket(); l.bind(('127.0.0.1', 8080)); l.listen(7); c = socket.socket(); " +
  "c.connect(('127.0.0.1', 8080)); a, _ = l.accept(); ";

const CONNECT: Scene = {
  file: "connect_inet",
  event: "snet.connect",
  python: `${TCP}s.connect_ex(('127.0.0.1', 9))`,
};

const SCENES: readonly Scene[] = [
  { file: "socket", event: "snet.socket", python: TCP },
  { file: "bind_inet", event: "snet.bind", python: `${TCP}s.bind(('127.0.0.1', 8080))` },
  CONNECT,
  {
    file: "connect_inet6",
    event: "snet.connect",
    python: "socket.socket(socket.AF_INET6).connect_ex(('::1', 9))",
  },
  {
    file: "connect_mapped",
    event: "snet.connect",
    python: "socket.socket(socket.AF_INET6).connect_ex(('::ffff:127.0.0.1', 9))",
  },
  { file: "listen", event: "snet.listen", python: PAIR },
  { file: "post_accept", event: "snet.post_accept", python: PAIR },
  { file: "shutdown", event: "snet.shutdown", python: `${PAIR}c.shutdown(2)` },
  { file: "close", event: "snet.close", python: `${PAIR}c.close()` },
  {
    file: "sendmsg",
    event: "snet.sendmsg",
    python: "socket.socket(type=socket.SOCK_DGRAM).sendto(b'hello' * 20, ('127.0.0.1', 5353))",
  },
  {
    file: "bind_unix",
    event: "snet.bind",
    python: "socket.socket(socket.AF_UNIX).bind('/tmp/golden.sock')",
  },
  {
    file: "connect_abstract",
    event: "snet.connect",
    python: "socket.socket(socket.AF_UNIX).connect_ex(b'\\0golden')",
  },
  {
    file: "bind_netlink",
    event: "snet.bind",
    python: "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).bind((0, 1))",
  },
];

async function outside(): Promise<void> {
  const { runInTestKernel } = await import("../kernel/uml.ts");
  const from = new URL("golden/kernel", import.meta.url).pathname;
  const { failure, output, kernelLog } = await runInTestKernel({
    command: ["deno", "run", "-A", new URL(import.meta.url).pathname, "inside"],
    mounts: [{ from, at: INSIDE, writable: true }],
    timeoutSeconds: 60,
  });
  console.log(output);
  if (failure === undefined) return;
  console.error(`${failure}\n${kernelLog}`);
  Deno.exit(1);
}

async function inside(): Promise<void> {
  // What runs before the attach is not exempt, and this process stays so: its own calls need no answer.
  const actors = SCENES.map((scene) => new Actor(scene));
  const [remembered, unanswered] = [new Actor(CONNECT), new Actor(CONNECT)];
  const line = new Line();
  line.command("attach_reply", Command.Attach, {
    version: FAMILY_VERSION,
    name: "recorder",
    events: ALL_EVENTS,
    families: ALL_FAMILIES,
    payloadMax: 64,
  });
  new Line().command("refusal_busy", Command.Attach, { version: FAMILY_VERSION, name: "second", events: 4 });
  for (const actor of actors) await play(line, actor);
  line.command("settings_reply", Command.Settings, {});
  line.command("refusal_id", Command.Verdict, { id: 0xffff_ffffn, action: Action.Allow });
  line.command("refusal_malformed", Command.Verdict, { id: 1n, action: 7 });
  await play(line, remembered, "ticket", {
    remember: 60_000,
    key: Operand.Exe | Operand.RemotePort,
    rule: 9,
  });
  line.command("ticket", Command.Tickets, {}, DUMP);
  line.command("flush_reply", Command.Flush, {});
  line.command(undefined, Command.Configure, { delay: 50 });
  await play(line, unanswered, "cancel");
  line.command("stats_reply", Command.Stats, {});
}

/** A program that waits for its scene. */
class Actor {
  readonly scene: Scene;
  over = false;
  readonly #child: Deno.ChildProcess;

  constructor(scene: Scene) {
    this.scene = scene;
    const python = `import socket; input(); ${scene.python}`;
    this.#child = new Deno.Command("python3", { args: ["-c", python], stdin: "piped" }).spawn();
    this.#child.status.then(() => this.over = true);
  }

  async begin(): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    await writer.close();
  }
}

/** What is kept of a scene: its event, or its cancel since nobody answers it, or only its ticket in the kernel. */
type Kept = "event" | "cancel" | "ticket";

/** Runs a scene's program and answers all that it asks, the scene's own event with `ticket`. */
async function play(line: Line, actor: Actor, keep: Kept = "event", ticket: object = {}): Promise<void> {
  const { scene } = actor;
  await actor.begin();
  let seen = false;
  const event = new EventMessage();
  // A close is told when the kernel gets to it, which may be after the program's end.
  for (let late = 0; !actor.over || (!seen && late < 1000); late += actor.over ? 1 : 0) {
    for (const bytes of line.take()) {
      if (bytes[16] === Command.Cancel && keep === "cancel") save("cancel", bytes);
      if (bytes[16] !== Command.Event) continue;
      if (!event.reset(new DataView(bytes.buffer), 0, bytes.length)) {
        throw new Error(`malformed: ${bytes.toHex()}`);
      }
      const own = event.name === scene.event;
      if (own && !seen && keep === "event") save(scene.file, bytes);
      seen ||= own;
      if (event.isNotice || own && keep === "cancel") continue;
      line.write(REQUEST, Command.Verdict, { id: event.id, action: Action.Allow, ...own ? ticket : {} });
    }
    await new Promise((wake) => setTimeout(wake, 1));
  }
  if (!seen) throw new Error(`${scene.event} was not seen in: ${scene.python}`);
}

function save(file: string, bytes: Uint8Array): void {
  Deno.writeFileSync(`${INSIDE}/${file}.bin`, bytes);
  console.log(`${file}: ${bytes.length} bytes`);
}

/** A connection whose messages are kept as they came. */
class Line {
  readonly #connection = Connection.open({ family: FAMILY_NAME, receiveBuffer: 1 << 20 });
  readonly #buffer = new Uint8Array(65536);
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #sequence = 0;

  write(flags: number, command: Command, request: object | undefined): void {
    const writer = new MessageWriter(4096);
    writer.begin(this.#connection.family, flags, ++this.#sequence, command, FAMILY_VERSION);
    if (request) writeAttributes(writer, "snet", request);
    writer.end();
    const sent = send(this.#connection.fd, writer.bytes, writer.length, 0);
    if (sent < 0) throw new Error(`send: errno ${-sent}`);
  }

  /** Sends a command and saves its reply, or its refusal; with no file both are dropped. */
  command(file: string | undefined, command: Command, request: object | undefined, flags = ACK): void {
    this.write(REQUEST | flags, command, request);
    let reply: Uint8Array | undefined;
    for (;;) {
      new PollSet([{ fd: this.#connection.fd }]).wait(1000);
      for (const bytes of this.#read()) {
        const view = new DataView(bytes.buffer);
        const type = view.getUint16(4, true);
        if (view.getUint32(8, true) !== this.#sequence) this.#waiting.push(bytes);
        else if (type === NLMSG_ERROR || type === NLMSG_DONE) {
          const refused = type === NLMSG_ERROR && view.getInt32(16, true) !== 0;
          if (file) save(file, refused ? bytes : reply ?? bytes);
          return;
        } else reply = bytes;
      }
    }
  }

  /** What has arrived. */
  take(): Uint8Array<ArrayBuffer>[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return [...waiting, ...this.#read()];
  }

  #read(): Uint8Array<ArrayBuffer>[] {
    const messages = [];
    for (;;) {
      const length = recv(this.#connection.fd, this.#buffer, MessageFlag.DontWait);
      if (isRetry(length)) return messages;
      if (length < 0) throw new Error(`recv: errno ${-length}`);
      const view = new DataView(this.#buffer.buffer);
      for (let at = 0; at < length; at += (view.getUint32(at, true) + 3) & ~3) {
        messages.push(this.#buffer.slice(at, at + view.getUint32(at, true)));
      }
    }
  }
}

if (Deno.args[0] === "inside") await inside();
else await outside();
