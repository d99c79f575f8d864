import { equal, ok } from "node:assert/strict";
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

Deno.test("eventfd: a thread that waits is woken by another", async () => {
  using event = new EventFd();
  const module = new URL("./eventfd.ts", import.meta.url).href;
  const code = `import { wakeEvent } from "${module}"; onmessage = ({ data }) => wakeEvent(data);`;
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module" });
  try {
    worker.postMessage(event.fd);
    // The main thread must stay free until the Worker's module is loaded.
    const poll = new PollSet([{ fd: event.fd }]);
    while (poll.wait(0) === 0) await new Promise((resolve) => setTimeout(resolve));
    ok(event.take());
  } finally {
    worker.terminate();
  }
});

Deno.test("eventfd: waking a descriptor that is none is told as an errno", () => {
  equal(wakeEvent(-1), -9);
});
