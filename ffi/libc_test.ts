import { equal, ok } from "node:assert/strict";
import { ERRNO, errnoName, errnoNumber } from "./errno.ts";
import * as libc from "./libc.ts";
import { socketPair } from "./socket_pair.ts";

Deno.test("errors have names and numbers", () => {
  equal(errnoName(1), "EPERM");
  equal(errnoName(111), "ECONNREFUSED");
  equal(errnoName(4000), "errno 4000");
  equal(errnoNumber("ECONNREFUSED"), 111);
  equal(errnoNumber("EWOULDBLOCK"), ERRNO.EAGAIN);
  equal(errnoNumber("toString"), undefined);
});

Deno.test("a failed call gives the negative errno", () => {
  equal(libc.close(-1), -ERRNO.EBADF);
  equal(libc.openat2("/no/such/file", libc.Open.ReadOnly, 0), -ERRNO.ENOENT);
  equal(libc.kill(0x3fff_ffff, 0), -ERRNO.ESRCH);
});

Deno.test("poll says which descriptor can be read, until it is read", () => {
  const [near, far] = socketPair();
  const poll = new libc.PollSet([{ fd: -1 }, { fd: near }]);
  equal(poll.wait(0), 0);
  const byte = new Uint8Array(1);
  equal(libc.send(far, byte, 1, 0), 1);
  equal(poll.wait(-1), 1);
  equal(poll.ready(0), 0);
  equal(poll.ready(1), libc.Poll.In);
  equal(libc.recv(near, byte, libc.MessageFlag.DontWait), 1);
  equal(poll.wait(0), 0);
  equal(libc.close(near), 0);
  equal(libc.close(far), 0);
});

Deno.test("the status of a descriptor is that of stat(2)", () => {
  const path = Deno.execPath();
  const fd = libc.openat2(path, libc.Open.Path | libc.Open.CloseOnExec, 0);
  ok(fd >= 0);
  const status = libc.fstat(fd);
  equal(libc.close(fd), 0);
  ok(typeof status === "object");
  const { dev, ino, mode, size, ctime } = Deno.statSync(path);
  equal(status.dev, BigInt(dev));
  equal(status.ino, BigInt(ino!));
  equal(status.mode, mode);
  equal(status.size, BigInt(size));
  equal(status.ctime / 1_000_000_000n, BigInt(ctime!.getTime()) / 1000n); // Deno tells whole seconds
});

Deno.test("clocks run forward", () => {
  const before = libc.clockGettime(libc.Clock.Monotonic);
  ok(libc.clockGettime(libc.Clock.Monotonic) >= before);
  const since = Date.now();
  const now = Number(libc.clockGettime(libc.Clock.Realtime) / 1_000_000n);
  ok(since <= now && now <= Date.now());
});

Deno.test("umask gives the former mask back", () => {
  const former = libc.umask(0o117);
  equal(libc.umask(former), 0o117);
});
