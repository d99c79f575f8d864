import { equal } from "node:assert/strict";
import { EventFd, wakeEvent } from "./eventfd.ts";
import { PollSet } from "./libc.ts";

Deno.test("eventfd: readable once it was woken, however often, until it is taken", () => {
  using event = new EventFd();
  const poll = new PollSet([{ fd: event.fd }]);
  equal(poll.wait(0), 0);
  equal(event.take(), false);

  equal(wakeEvent(event.fd), 0);
  equal(wakeEvent(event.fd), 0);
  equal(poll.wait(0), 1);
  equal(event.take(), true);
  equal(event.take(), false);
  equal(poll.wait(0), 0);
});

Deno.test("eventfd: waking a descriptor that is none is told as an errno", () => {
  equal(wakeEvent(-1), -9);
});

Deno.test("eventfd: one that another thread has made is the same counter", () => {
  using event = new EventFd();
  const same = new EventFd(event.fd);
  wakeEvent(event.fd);
  equal(same.take(), true);
  equal(event.take(), false);
});
