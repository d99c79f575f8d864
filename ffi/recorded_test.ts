/** Messages that the real kernel sent (tests/record_golden.ts records them; pids and times differ each time). */

import { deepStrictEqual, equal, match, ok } from "node:assert/strict";
import { MESSAGE_HEADER, readAttributes } from "./codec.ts";
import { readAcknowledgement } from "./errors.ts";
import { type EventCopy, EventMessage } from "./event.ts";
import { golden } from "./golden.ts";
import { ATTRIBUTE_SETS, Cause, Event, EventFlag, Feature, Operand, type TicketMessage } from "./protocol.ts";

const LOOPBACK = { family: 2, ip: "127.0.0.1" };

function event(name: string): EventCopy {
  const view = golden(`kernel/${name}.bin`);
  const message = new EventMessage();
  ok(message.reset(view, 0, view.byteLength), `${name} is malformed`);
  return message.copy();
}

function reply(name: string): Record<string, unknown> {
  const view = golden(`kernel/${name}.bin`);
  return { ...readAttributes("snet", view, MESSAGE_HEADER, view.byteLength) };
}

function refusal(name: string) {
  const view = golden(`kernel/${name}.bin`);
  const { errno, text, id } = readAcknowledgement(view, 0, view.byteLength)!;
  return { errno, text, id };
}

/** Family, text and port of an address, for comparison. */
function end(address: EventCopy["local"]) {
  return address && { family: address.family, ip: address.ip, port: address.port };
}

Deno.test("the kernel says who asks", () => {
  const { task, socket, id, time, timeLeft } = event("connect_inet");
  match(task.exe!, /\/python3[.\d]*$/);
  equal(task.comm, "python3");
  equal(task.pid, task.tid);
  equal(task.uid, 0);
  equal(task.loginuid, undefined);
  equal(task.exeUnlinked, false);
  equal(task.exeMntns, task.mntns);
  ok(task.startTime > 0n && task.exeIno > 0n && task.exeCtime > 0n && task.netns > 0 && task.cgroup > 0n);
  deepStrictEqual({ ...socket, cookie: 0n }, { family: 2, type: 1, protocol: 6, cookie: 0n });
  ok(id > 0n && time > task.startTime && timeLeft > 0);
});

Deno.test("the kernel says where to", () => {
  deepStrictEqual(end(event("bind_inet").local), { ...LOOPBACK, port: 8080 });
  deepStrictEqual(end(event("connect_inet").remote), { ...LOOPBACK, port: 9 });
  deepStrictEqual(end(event("connect_inet6").remote), { family: 10, ip: "::1", port: 9 });
  deepStrictEqual(end(event("listen").local), { ...LOOPBACK, port: 8080 });
  equal(event("listen").backlog, 7);
  const accepted = event("post_accept");
  deepStrictEqual(end(accepted.local), { ...LOOPBACK, port: 8080 });
  equal(accepted.remote?.ip, "127.0.0.1");
  ok(accepted.remote!.port! > 1023);
  equal(event("bind_unix").local?.path, "/tmp/golden.sock");
  equal(event("connect_abstract").remote?.abstract, "golden");
  equal(event("bind_netlink").local?.groups, 1);
});

Deno.test("the kernel shows an IPv4-mapped address as IPv4", () => {
  const { flags, remote, socket } = event("connect_mapped");
  equal(socket.family, 10);
  deepStrictEqual(end(remote), { ...LOOPBACK, port: 9 });
  ok(flags & EventFlag.Mapped);
});

Deno.test("the kernel shows the first bytes to be sent, and says that there are more", () => {
  const { payload, length, flags } = event("sendmsg");
  equal(new TextDecoder().decode(payload), "hello".repeat(13).slice(0, 64));
  equal(length, 100n);
  ok(flags & EventFlag.PayloadTruncated);
});

Deno.test("the kernel tells of sockets that are made, shut down and closed", () => {
  const made = event("socket");
  equal(made.socket.cookie, undefined);
  equal(made.remote, undefined);
  equal(event("shutdown").how, 2);
  const closed = event("close");
  equal(closed.id, 0n);
  ok(closed.flags & EventFlag.Notify);
});

Deno.test("the kernel's replies are complete", () => {
  const attached = reply("attach_reply");
  equal(attached.events, 0x3ff);
  ok((attached.features as number) & Feature.Hooks);
  const { name, ownerPid, payloadMax, limitPolicy } = reply("settings_reply");
  deepStrictEqual({ name, payloadMax, limitPolicy }, { name: "recorder", payloadMax: 64, limitPolicy: 1 });
  ok((ownerPid as number) > 0);
  deepStrictEqual(reply("flush_reply"), { generation: 2, count: 1 });
  const { event, cause } = reply("cancel");
  deepStrictEqual({ event, cause }, { event: Event.SnetConnect, cause: Cause.Timeout });
});

Deno.test("the kernel has every counter, and every held call has ended in one way", () => {
  const counters = reply("stats_reply").counters as Record<string, bigint>;
  const specified = ATTRIBUTE_SETS.counters.flatMap((spec) => spec && spec.type !== "pad" ? [spec.key] : []);
  deepStrictEqual(Object.keys(counters), specified);
  const ended = specified.filter((key) => key.startsWith("ends")).reduce(
    (sum, key) => sum + counters[key]!,
    0n,
  );
  equal(counters.asked, ended + counters.waiting!);
});

Deno.test("a ticket shows the parts that its key holds", () => {
  const { key, rule, exe, remote, hits } = reply("ticket").ticket as TicketMessage;
  equal(key, Operand.Exe | Operand.RemotePort);
  equal(rule, 9);
  match(exe!, /python/);
  equal(hits, 0n);
  deepStrictEqual(remote, { family: 2, port: 9 });
});

Deno.test("the kernel's refusals say why", () => {
  const { errno, text } = refusal("refusal_busy");
  equal(errno, 16);
  match(text, /^snet is attached by "recorder" \(pid \d+\)$/);
  deepStrictEqual(refusal("refusal_id"), { errno: 2, text: "no call waits under this id", id: 0xffff_ffffn });
  deepStrictEqual(refusal("refusal_malformed"), {
    errno: 34,
    text: "action: integer out of range",
    id: 1n,
  });
});
