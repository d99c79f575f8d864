import { deepEqual, equal } from "node:assert/strict";
import { Courier, type CourierOptions } from "./courier.ts";
import { type Post, PostError } from "./poster.ts";
import { MemoryQueue, type Queue } from "./queue.ts";

/** A courier whose server and timers a test plays. */
function courierOf(open: () => Queue, options: Partial<CourierOptions> = {}) {
  const posts: (Post & { answer(error?: Error): Promise<void> })[] = [];
  const timers = new Map<() => void, number>();
  const log: string[] = [];
  const courier = new Courier(open, {
    ...{ name: "https://events.example", posts: 0, retries: 0 },
    post: (post) => {
      const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
      const answer = async (error?: Error) => {
        if (error === undefined) resolve({ status: 204, text: "" });
        else reject(error);
        await settled();
      };
      posts.push({ ...post, answer });
      return promise;
    },
    close() {},
  }, {
    batch: 3,
    batchBytes: 1000,
    delay: 1000,
    attemptTimeout: 10_000,
    host: "box",
    clock: () => 0,
    random: () => 0.5,
    uuid: () => "id",
    log: (level, message) => log.push(`${level}: ${message}`),
    after: (milliseconds, task) => {
      timers.set(task, milliseconds);
      return () => timers.delete(task);
    },
    ...options,
  });
  const tell = async (...numbers: readonly number[]) => {
    for (const number of numbers) courier.tell(JSON.stringify(number));
    await settled();
  };
  /** Lets the timers run out; gives what they were set to. */
  const run = async () => {
    const due = [...timers];
    timers.clear();
    for (const [task] of due) task();
    await settled();
    return due.map(([, milliseconds]) => milliseconds);
  };
  const sent = () => posts.map(({ body }) => JSON.parse(body).decisions as number[]);
  return { courier, posts, timers, log, tell, run, sent };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
}

const memory = () => new MemoryQueue(8);

Deno.test("a batch goes off when its time is over, or when it is full", async () => {
  const { courier, posts, tell, run, sent } = courierOf(memory);
  await tell(1, 2);
  deepEqual(sent(), []);
  deepEqual(await run(), [1000]);
  deepEqual(sent(), [[1, 2]]);
  await posts[0]!.answer();
  await tell(3, 4, 5, 6);
  deepEqual(sent(), [[1, 2], [3, 4, 5]]);
  await posts[1]!.answer();
  deepEqual(sent().at(-1), [6]);
  await posts[2]!.answer();
  deepEqual(courier.counts, { sent: 6, batches: 3, retried: 0, refused: 0 });
  courier.close();
});

Deno.test("a notification says who sends it, when, and how many were lost", async () => {
  const { courier, posts, tell } = courierOf(memory);
  await tell(1, 2, 3);
  deepEqual(JSON.parse(posts[0]!.body), {
    ...{ version: 1, type: "snet.decisions", id: "id", time: "1970-01-01T00:00:00.000Z", host: "box" },
    ...{ lost: 0, decisions: [1, 2, 3] },
  });
  courier.close();
});

Deno.test("what the server does not take is sent again, later each time, in the same order", async () => {
  const { courier, posts, tell, run, sent, log } = courierOf(memory);
  const away = new PostError("https://events.example answered with status 503", true, 503);
  await tell(1, 2, 3);
  await posts[0]!.answer(away);
  await tell(4, 5, 6);
  equal(posts.length, 1);
  deepEqual(await run(), [250]);
  await posts[1]!.answer(away);
  deepEqual(await run(), [500]);
  await posts[2]!.answer();
  await posts[3]!.answer();
  deepEqual(sent(), [[1, 2, 3], [1, 2, 3], [1, 2, 3], [4, 5, 6]]);
  deepEqual(courier.counts, { sent: 6, batches: 2, retried: 2, refused: 0 });
  deepEqual(log, [
    "warning: Notifications wait: https://events.example answered with status 503",
    "info: https://events.example takes notifications again",
  ]);
  courier.close();
});

Deno.test("a server that says when is not asked before", async () => {
  const { courier, posts, tell, run } = courierOf(memory);
  await tell(1, 2, 3);
  await posts[0]!.answer(new PostError("status 429", false, 429, 30_000));
  deepEqual(await run(), [30_000]);
  courier.close();
});

Deno.test("what the server says is wrong is lost and counted, and the next is sent", async () => {
  const { courier, posts, tell, sent, log } = courierOf(memory);
  await tell(1, 2, 3, 4, 5, 6);
  await posts[0]!.answer(new PostError("status 422", false, 422));
  deepEqual(sent(), [[1, 2, 3], [4, 5, 6]]);
  equal(JSON.parse(posts[1]!.body).lost, 3);
  deepEqual(log, ["error: Notifications are lost: status 422"]);
  equal(courier.lost, 3);
  courier.close();
});

Deno.test("memory keeps the latest while the server is away", async () => {
  const { courier, posts, tell, run, sent } = courierOf(memory);
  await tell(1, 2, 3);
  await posts[0]!.answer(new PostError("away", true));
  await tell(4, 5, 6, 7, 8, 9, 10);
  await run();
  // Two of the ten found no room: the first ones.
  deepEqual(sent().at(-1), [3, 4, 5]);
  equal(courier.lost, 2);
  courier.close();
});

Deno.test("a queue that another still has is asked for again, and nothing is lost meanwhile", async () => {
  let isFree = false;
  const { courier, tell, run, sent, log } = courierOf(() => {
    if (!isFree) throw new Error("another snet uses it");
    return memory();
  });
  await tell(1, 2, 3);
  deepEqual(await run(), [250]);
  deepEqual(sent(), []);
  for (let again = 0; again < 18; again++) await run();
  deepEqual(log, ["error: another snet uses it"]);
  isFree = true;
  await run();
  deepEqual(sent(), [[1, 2, 3]]);
  courier.close();
});

Deno.test("closing keeps what has come and gives up the request that is under way", async () => {
  const queue = memory();
  const { courier, posts, tell, timers } = courierOf(() => queue);
  await tell(1, 2, 3);
  courier.tell("4");
  courier.close();
  equal(posts[0]!.signal.aborted, true);
  await posts[0]!.answer(new Error("aborted"));
  deepEqual(queue.take(10, 1000), ["1", "2", "3", "4"]);
  equal(timers.size, 0);
});

Deno.test("a queue that cannot be read or written ends nothing: it is told once, and asked again a minute later", async () => {
  const queue = memory();
  let fails = true;
  const take = queue.take.bind(queue);
  queue.take = (count, bytes) => {
    if (fails) throw new Error("the disk is away");
    return take(count, bytes);
  };
  const { courier, posts, log, tell, run, sent } = courierOf(() => queue);
  await tell(1);
  deepEqual(await run(), [1000]);
  deepEqual(await run(), [60_000]);
  deepEqual(log, ["error: Notifications wait: the disk is away"]);
  fails = false;
  deepEqual(await run(), [60_000]);
  deepEqual(sent(), [[1]]);
  await posts[0]!.answer();
  equal(courier.counts.sent, 1);
  courier.close();
});
