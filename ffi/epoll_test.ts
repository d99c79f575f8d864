import { deepEqual, equal } from "node:assert/strict";
import { Epoll } from "./epoll.ts";
import { ERRNO } from "./errno.ts";
import { EventFd, wakeEvent } from "./eventfd.ts";
import { Poll, PollSet } from "./libc.ts";

Deno.test("epoll: tells which descriptor is ready, and for what", () => {
  using epoll = new Epoll();
  using first = new EventFd();
  using second = new EventFd();
  equal(epoll.add(first.fd, Poll.In, 7), 0);
  equal(epoll.add(second.fd, Poll.In, 0xffff_ffff), 0);
  const poll = new PollSet([{ fd: epoll.fd }]);
  deepEqual([poll.wait(0), epoll.next()], [0, undefined]);

  wakeEvent(second.fd);
  equal(poll.wait(0), 1);
  deepEqual(epoll.next(), { key: 0xffff_ffff, events: Poll.In });
  second.take();
  equal(epoll.next(), undefined);
});

Deno.test("epoll: what was removed is no more told", () => {
  using epoll = new Epoll();
  using event = new EventFd();
  epoll.add(event.fd, Poll.In | Poll.Out, 1);
  deepEqual(epoll.next(), { key: 1, events: Poll.Out });
  equal(epoll.remove(event.fd), 0);
  equal(epoll.next(), undefined);
  equal(epoll.remove(event.fd), -ERRNO.ENOENT);
});
