import { deepStrictEqual, equal, throws } from "node:assert/strict";
import { MESSAGE_HEADER, MessageWriter, readAttributes, writeAttributes } from "./codec.ts";
import { ERRNO } from "./errno.ts";
import type { EventMessage } from "./event.ts";
import { golden } from "./golden.ts";
import { close, MessageFlag, recv, send } from "./libc.ts";
import { eventMask, SnetSocket, wakeReceiver } from "./netlink.ts";
import { Action, Cause, Command, Operand, Scope } from "./protocol.ts";
import { socketPair } from "./socket_pair.ts";

const FAMILY = 0x1c; // that of the golden messages
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

const SOCK_STREAM = 1;

/** Plays the kernel at the other end of a socket pair. What it sends lies ready before a command asks. */
class Kernel implements Disposable {
  readonly socket: SnetSocket;
  readonly #fd: number;

  constructor() {
    const [fd, own] = socketPair();
    this.#fd = own;
    this.socket = SnetSocket.over({ fd, family: FAMILY, close: () => void close(fd) });
  }

  /** Sends one datagram. */
  send(...messages: readonly Uint8Array[]): void {
    const bytes = new Uint8Array(messages.flatMap((message) => [...message]));
    equal(send(this.#fd, bytes, bytes.length, 0), bytes.length);
  }

  /** The messages of the next datagram. */
  receive(): { command: number; sequence: number; flags: number; attributes: object }[] {
    const buffer = new Uint8Array(65536);
    const length = recv(this.#fd, buffer, MessageFlag.DontWait);
    const view = new DataView(buffer.buffer);
    const messages = [];
    for (let at = 0; at < length; at += view.getUint32(at, true)) {
      messages.push({
        command: view.getUint8(at + 16),
        sequence: view.getUint32(at + 8, true),
        flags: view.getUint16(at + 6, true),
        attributes: readAttributes("snet", view, at + MESSAGE_HEADER, at + view.getUint32(at, true)),
      });
    }
    return messages;
  }

  [Symbol.dispose](): void {
    this.socket.close();
    close(this.#fd);
  }
}

function message(name: string, sequence = 0): Uint8Array {
  const view = golden(`libnl/${name}.bin`);
  view.setUint32(8, sequence, true);
  return new Uint8Array(view.buffer);
}

/** The kernel's acknowledgement of the message `sequence`; errno 0: all is well. */
function acknowledgement(sequence: number, errno = 0, type = NLMSG_ERROR): Uint8Array {
  const view = new DataView(new ArrayBuffer(36));
  view.setUint32(0, 36, true);
  view.setUint16(4, type, true);
  view.setUint32(8, sequence, true);
  view.setInt32(16, -errno, true);
  view.setUint32(20, 16, true);
  view.setUint32(28, sequence, true);
  return new Uint8Array(view.buffer);
}

Deno.test("attach says what is wanted and gives back what the kernel has", () => {
  using kernel = new Kernel();
  kernel.send(message("attach_reply", 1));
  kernel.send(acknowledgement(1));
  const reply = kernel.socket.attach({ name: "test", events: eventMask("snet.connect", "snet.bind") });
  equal(reply.events, 0x3ff);
  equal(reply.generation, 3);
  deepStrictEqual(kernel.receive(), [{
    command: Command.Attach,
    sequence: 1,
    flags: 5,
    attributes: {
      version: 1,
      subsystem: 0,
      name: "test",
      events: 6,
      families: 0x404n,
      attachFlags: 0,
      payloadMax: 0,
    },
  }]);
});

Deno.test("a refused command is an error with the kernel's words", () => {
  using kernel = new Kernel();
  kernel.send(acknowledgement(1, ERRNO.EBUSY));
  throws(() => kernel.socket.attach({ name: "test", events: 1 }), {
    name: "NetlinkError",
    message: "Cannot attach: EBUSY",
    errno: 16,
    code: "EBUSY",
  });
  const refusal = message("refusal");
  new DataView(refusal.buffer).setUint32(28, 2, true); // the sequence number of the message it refuses
  new DataView(refusal.buffer).setUint32(8, 2, true);
  kernel.send(refusal);
  throws(() => kernel.socket.detach(), {
    message: "Cannot detach: id: no call waits under this id (ENOENT)",
  });
});

Deno.test("events that arrive during a command are kept for the next receive", () => {
  using kernel = new Kernel();
  kernel.send(message("connect_inet"));
  kernel.send(message("cancel"));
  kernel.send(acknowledgement(1));
  kernel.socket.configure({ delay: 100 });
  equal(kernel.socket.pending, true);
  kernel.send(message("listen"));
  const seen: unknown[] = [];
  kernel.socket.receive(
    (event) => seen.push(event.name),
    (id, cause, event) => seen.push([id, cause, event]),
  );
  deepStrictEqual(seen, ["snet.connect", [7n, Cause.Timeout, "snet.connect"], "snet.listen"]);
  equal(kernel.socket.pending, false);
});

Deno.test("receiving may wait for what comes, and a wake is an acknowledgement that no command asked for", () => {
  using kernel = new Kernel();
  const names: string[] = [];
  const receive = () => kernel.socket.receive((event) => names.push(event.name), undefined, undefined, true);
  kernel.send(message("listen"));
  equal(receive(), 1);
  equal(kernel.socket.takeWake(), false);
  kernel.send(acknowledgement(0));
  equal(receive(), 0);
  equal(kernel.socket.takeWake(), true);
  equal(kernel.socket.takeWake(), false, "once");
  deepStrictEqual(names, ["snet.listen"]);
});

Deno.test("receiving does not wait while there is something to handle from before", () => {
  using kernel = new Kernel();
  kernel.send(message("listen"));
  kernel.send(acknowledgement(1));
  kernel.socket.configure({ delay: 100 });
  equal(kernel.socket.receive(() => {}, undefined, undefined, true), 1);
});

Deno.test("a wake does not reach a descriptor that has become another socket's", () => {
  const [fd, other] = socketPair(SOCK_STREAM);
  equal(wakeReceiver(fd) < 0, true);
  equal(recv(other, new Uint8Array(64), MessageFlag.DontWait), -ERRNO.EAGAIN);
  close(fd);
  close(other);
});

Deno.test("a dump ends with its last message", () => {
  using kernel = new Kernel();
  kernel.send(message("ticket", 1), message("ticket", 1));
  kernel.send(acknowledgement(1, 0, NLMSG_DONE));
  const tickets = kernel.socket.tickets();
  equal(tickets.length, 2);
  equal(tickets[0]!.hits, 40n);
});

Deno.test("counters that the kernel lacks are 0", () => {
  using kernel = new Kernel();
  kernel.send(message("stats_reply", 1));
  kernel.send(acknowledgement(1));
  const stats = kernel.socket.stats();
  equal(stats.asked, 12n);
  equal(stats.waiting, 0n);
});

Deno.test("answers go in one send and carry only what they need", () => {
  using kernel = new Kernel();
  kernel.socket.answer(5n, Action.Allow);
  kernel.socket.answer(6n, Action.Deny, ERRNO.ECONNREFUSED, 60_000, Scope.Program, Operand.Exe, 9, 3);
  kernel.socket.hold(7n, 1000);
  deepStrictEqual(kernel.receive(), []);
  kernel.socket.send();
  const ticket = { remember: 60_000, scope: Scope.Program, key: Operand.Exe, rule: 9, generation: 3 };
  deepStrictEqual(kernel.receive().map(({ command, attributes }) => [command, attributes]), [
    [Command.Verdict, { id: 5n, action: Action.Allow }],
    [Command.Verdict, { id: 6n, action: Action.Deny, errno: ERRNO.ECONNREFUSED, ...ticket }],
    [Command.Hold, { id: 7n, hold: 1000 }],
  ]);
  kernel.socket.send();
  deepStrictEqual(kernel.receive(), []);
});

Deno.test("answers do not wait for more than a batch", () => {
  using kernel = new Kernel();
  for (let id = 1n; id <= 100n; id++) kernel.socket.answer(id, Action.Allow, 1, 1, Scope.Task, 1, 1, 1);
  equal(kernel.receive().length, 64);
  kernel.socket.send();
  equal(kernel.receive().length, 36);
});

Deno.test("answers that the kernel did not take stay for the next send", () => {
  using kernel = new Kernel();
  let sent = 0;
  throws(() => {
    for (;; sent++) kernel.socket.answer(1n, Action.Allow);
  }, { name: "NetlinkError", message: "Cannot send answers: EAGAIN" });
  let received = 0;
  for (let batch = kernel.receive(); batch.length; batch = kernel.receive()) received += batch.length;
  kernel.socket.send();
  received += kernel.receive().length;
  equal(received, sent + 1);
});

Deno.test("no answer is lost while the kernel takes none", () => {
  using kernel = new Kernel();
  let refused = 0;
  for (let id = 1n; id <= 5000n; id++) {
    try {
      kernel.socket.answer(id, Action.Deny, ERRNO.EACCES, 1, Scope.Task, 1, 1, 1);
    } catch {
      refused++;
    }
  }
  equal(refused > 1000, true);
  const ids: bigint[] = [];
  while (ids.length < 5000) {
    try {
      kernel.socket.send();
    } catch {
      // Not yet all.
    }
    const taken = kernel.receive();
    if (taken.length === 0) break;
    ids.push(...taken.map(({ attributes }) => (attributes as { id: bigint }).id));
  }
  deepStrictEqual(ids, Array.from({ length: 5000 }, (_, index) => BigInt(index + 1)));
});

Deno.test("a refused answer is told with the id that it was for", () => {
  using kernel = new Kernel();
  kernel.send(message("refusal", 5), acknowledgement(6));
  const refusals: unknown[] = [];
  kernel.socket.receive(noEvent, undefined, (...refusal) => refusals.push(refusal));
  deepStrictEqual(refusals, [[7n, ERRNO.ENOENT, "id: no call waits under this id"]]);
});

Deno.test("what cannot be read is counted and nothing else is lost", () => {
  using kernel = new Kernel();
  kernel.send(message("connect_inet").subarray(0, 100)); // shorter than it says
  const uidless = message("connect_inet");
  new DataView(uidless.buffer).setUint16(0x6a, 0x3fff, true);
  kernel.send(uidless);
  kernel.send(new Uint8Array(70_000)); // longer than any message
  kernel.send(message("shutdown"));
  const seen: string[] = [];
  equal(kernel.socket.receive((event) => seen.push(event.name)), 1);
  deepStrictEqual(seen, ["snet.shutdown"]);
  equal(kernel.socket.malformed, 3);
});

Deno.test("an event whose handler fails does not take those behind it along", () => {
  using kernel = new Kernel();
  for (const name of ["connect_inet", "listen", "shutdown"]) kernel.send(message(name));
  const seen: string[] = [];
  throws(() =>
    kernel.socket.receive(({ name }) => {
      seen.push(name);
      throw new Error("handler");
    }), /handler/);
  equal(kernel.socket.pending, true);
  kernel.socket.receive(({ name }) => void seen.push(name));
  deepStrictEqual(seen, ["snet.connect", "snet.listen", "snet.shutdown"]);
});

Deno.test("more events than one system call takes are all handed over", () => {
  using kernel = new Kernel();
  for (let i = 0; i < 50; i++) kernel.send(message("connect_inet"));
  equal(kernel.socket.receive(() => {}), 50);
  equal(kernel.socket.receive(() => {}), 0);
});

function noEvent(event: EventMessage): never {
  throw new Error(`an event that nobody sent: ${event.name}`);
}

Deno.test("a request may hold every attribute of its operation", () => {
  const writer = new MessageWriter(4096);
  writeAttributes(writer, "snet", { subsystem: 0, delay: 1, absentFamilies: 0xffff_ffff_ffff_ffffn });
  equal(writer.length, 8 + 8 + 12);
});
