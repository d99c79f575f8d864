import { deepEqual, equal, notEqual } from "node:assert/strict";
import { eventJson } from "../control/json.ts";
import { event } from "../testing.ts";
import { Client } from "./clients.ts";
import type { RemoteAnswer, RemoteQuestion, Turn } from "./protocol.ts";
import { Session } from "./session.ts";

const QUESTION: Omit<RemoteQuestion, "id"> = {
  timeLeft: 1000,
  event: eventJson(event()),
  verified: { exe: true, hostNet: true },
};
const NEVER = new AbortController().signal;

/** A session whose judge answers when it is told; questions whose id begins with `now` at once. */
function stage(config: { rate?: number; waiting?: number } = {}) {
  const client = new Client({ name: "web1", secrets: [], rate: 1000, waiting: 10, ...config });
  const asked = new Map<bigint, (answer: RemoteAnswer) => void>();
  const byId = new Map<string, bigint>();
  const timers = new Set<() => void>();
  let policy: string | undefined;
  let last = 0n;
  const parts = {
    judge: {
      ask(_client: Client, { id }: RemoteQuestion, respond: (answer: RemoteAnswer) => void) {
        if (id === "bad") throw new Error("event.name is missing");
        if (id.startsWith("now")) respond(allowed(id));
        else asked.set(++last, respond);
        byId.set(id, last);
        return last;
      },
      cancel: (id: bigint) => void asked.delete(id),
    },
    now: () => 0,
    after: (_milliseconds: number, task: () => void) => {
      timers.add(task);
      return () => void timers.delete(task);
    },
    settled: () => Promise.resolve(),
    policy: () => policy,
  };
  const session = new Session(client, parts);
  const turn = (given: Partial<Turn> & { ids?: string[] } = {}, gone: AbortSignal = NEVER) => {
    const { ids = [], ...rest } = given;
    return session.turn({
      ...{ version: 1, type: "snet.turn", client: "web1", session: "s", cancelled: [], taken: 0, wait: 0 },
      incarnation: session.incarnation,
      questions: ids.map((id) => ({ id, ...QUESTION })),
      ...rest,
    }, gone);
  };
  return {
    ...{ client, session, turn, timers, asked },
    answer: (id: string) => {
      const number = byId.get(id)!;
      asked.get(number)!(allowed(id));
      asked.delete(number);
    },
    setPolicy: (name: string) => {
      policy = name;
      session.wake();
    },
  };
}

function allowed(id: string): RemoteAnswer {
  return { id, action: "allow", why: "known", key: [], cause: "verdict" };
}

const ids = ({ answers }: { readonly answers: readonly RemoteAnswer[] }) => answers.map(({ id }) => id);

Deno.test("what is decided at once is in the reply, the rest in that of the turn that is held", async () => {
  const { turn, answer, client } = stage();
  const first = await turn({ ids: ["now", "later"] });
  deepEqual([ids(first), first.last, client.waiting], [["now"], 0, 1]);
  const held = turn({ wait: 25_000 });
  answer("later");
  const reply = await held;
  deepEqual([ids(reply), reply.last], [["later"], 1]);
});

Deno.test("an answer is kept until the client has said that it came", async () => {
  const { turn, answer, client } = stage();
  await turn({ ids: ["a", "b"] });
  answer("a");
  answer("b");
  deepEqual(ids(await turn()), ["a", "b"]);
  // The reply was lost.
  deepEqual(ids(await turn()), ["a", "b"]);
  deepEqual(ids(await turn({ taken: 1 })), ["b"]);
  equal(client.waiting, 1);
  deepEqual(ids(await turn({ taken: 2 })), []);
  equal(client.waiting, 0);
});

Deno.test("a number of another incarnation takes no answer away", async () => {
  const { turn, answer, session } = stage();
  await turn({ ids: ["a"] });
  answer("a");
  deepEqual(ids(await turn({ taken: 100, incarnation: "the one before" })), ["a"]);
  notEqual(session.incarnation, "the one before");
});

Deno.test("a turn is held until its time is over, its sender has gone, another is held or there is another policy", async () => {
  const { turn, timers, setPolicy } = stage();
  const first = turn({ wait: 25_000 });
  const second = turn({ wait: 25_000 });
  deepEqual(ids(await first), []);
  equal(timers.size, 1);
  for (const task of timers) task();
  deepEqual(ids(await second), []);
  const gone = new AbortController();
  const third = turn({ wait: 25_000 }, gone.signal);
  gone.abort();
  deepEqual(ids(await third), []);
  const fourth = turn({ wait: 25_000 });
  setPolicy("p1");
  equal((await fourth).policy, "p1");
  // Who has not heard of it does not wait.
  equal((await turn({ wait: 25_000 })).policy, "p1");
  const isHeld = () => timers.size > 0;
  const fifth = turn({ wait: 25_000, policy: "p1" });
  while (!isHeld()) await Promise.resolve();
  for (const task of timers) task();
  await fifth;
});

Deno.test("a question that is taken back is asked no more", async () => {
  const { turn, asked, client } = stage();
  await turn({ ids: ["a", "b"] });
  await turn({ cancelled: ["a", "unknown"] });
  deepEqual([asked.size, client.waiting, client.counts.cancelled], [1, 1, 1]);
});

Deno.test("a client's questions are bounded in number and in rate, answers that nobody takes among them", async () => {
  const { turn, answer, client } = stage({ waiting: 2, rate: 3 });
  deepEqual((await turn({ ids: ["a", "b", "c"] })).answers, [{
    id: "c",
    refused: "2 questions wait, no more may",
  }]);
  answer("a");
  const again = await turn({ ids: ["d"] });
  deepEqual(again.answers.find(({ id }) => id === "d"), {
    id: "d",
    refused: "2 questions wait, no more may",
  });
  await turn({ taken: 1, ids: ["now1", "now2"] });
  const refused = (await turn({ taken: 1, ids: ["e"] })).answers[0]!;
  deepEqual(refused, { id: "e", refused: "more than 3 messages and questions a second" });
  deepEqual([client.counts.full, client.counts.overRate, client.waiting], [2, 1, 1]);
});

Deno.test("what is no question is refused by itself, and an id that waits is not taken twice", async () => {
  const { turn, client } = stage();
  const { answers } = await turn({ ids: ["bad", "now", "a", "a"] });
  deepEqual(answers, [
    { id: "bad", refused: "event.name is missing" },
    allowed("now"),
    { id: "a", refused: "a question with this id waits already" },
  ]);
  deepEqual([client.counts.malformed, client.waiting], [2, 1]);
});

Deno.test("a client that is heard of no more leaves nothing behind", async () => {
  const { turn, answer, session, asked, client } = stage();
  await turn({ ids: ["a", "b"] });
  answer("a");
  const held = turn({ wait: 25_000, taken: 1 });
  session.close();
  deepEqual(ids(await held), []);
  deepEqual([asked.size, client.waiting, client.counts.gone], [0, 0, 1]);
});

Deno.test("answers that do not fit into one reply come in several, in their order", async () => {
  const { turn, client } = stage({ waiting: 1000, rate: 10_000 });
  const many = Array.from({ length: 64 }, (_, index) => `q${index}`);
  const long = stage({ waiting: 1000, rate: 10_000 });
  equal(client.waiting, 0);
  await long.turn({ ids: many });
  for (const respond of long.asked.values()) {
    respond({ id: "q", action: "deny", why: "x".repeat(1000), key: [], cause: "verdict" });
  }
  let taken = 0;
  for (let turns = 1; taken < 64; turns++) {
    const reply = await long.turn({ taken });
    equal(new TextEncoder().encode(JSON.stringify(reply)).length < 1024 * 1024, true);
    equal(reply.last > taken, true);
    taken = reply.last;
  }
  deepEqual(ids(await turn()), []);
});
