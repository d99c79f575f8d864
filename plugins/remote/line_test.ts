import { deepEqual, equal, rejects } from "node:assert/strict";
import { eventJson, type RemoteAnswer, type RemoteQuestion, type Reply, type Turn } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { Line } from "./line.ts";
import { type Sending, WireError } from "./wire.ts";

const QUESTION: Omit<RemoteQuestion, "id"> = {
  timeLeft: 1000,
  event: eventJson(event()),
  verified: { exe: true, hostNet: true },
};
const NEVER = new AbortController().signal;

interface Sent {
  readonly turn: Turn;
  reply(reply?: Partial<Reply>): void;
  fail(error: WireError): void;
}

/** A line whose turns a test answers, and whose waits it ends. */
async function stage(concurrency = 2) {
  const sent: Sent[] = [];
  const waits: (() => void)[] = [];
  const slept: number[] = [];
  const policies: (string | undefined)[] = [];
  const news: string[] = [];
  let onSent = () => {};
  const line = new Line({
    name: "the server",
    send: <T>({ message, signal }: Sending<T>) => {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      signal.addEventListener("abort", () => reject(signal.reason));
      sent.push({
        turn: message as Turn,
        reply: (reply = {}) =>
          resolve({
            ...{ version: 1, type: "snet.reply", incarnation: "i1", answers: [], last: 0 },
            ...reply,
          }),
        fail: reject,
      });
      onSent();
      return promise as Promise<never>;
    },
  }, {
    ...{
      client: "web1",
      concurrency,
      attemptTimeout: 1000,
      onPolicy: (policy) => void policies.push(policy),
    },
    random: () => 1,
    sleep: (milliseconds, signal) => {
      slept.push(milliseconds);
      // The pause between two turns of which nothing came.
      if (milliseconds <= 50) return Promise.resolve();
      return new Promise((resolve) => {
        waits.push(resolve);
        signal.addEventListener("abort", () => resolve());
      });
    },
    onOnline: () => void news.push("online"),
    onOffline: (why) => void news.push(why),
  });
  /** The next turn that fits, when it is sent. */
  const next = async (fits: (turn: Turn) => boolean): Promise<Sent> => {
    for (;;) {
      const index = sent.findIndex(({ turn }) => fits(turn));
      if (index >= 0) return sent.splice(index, 1)[0]!;
      await new Promise<void>((resolve) => onSent = resolve);
    }
  };
  const held = () => next(({ wait }) => wait > 0);
  const bringing = () => next(({ questions, cancelled }) => questions.length + cancelled.length > 0);
  const first = await next(({ wait, questions }) => wait === 0 && questions.length === 0);
  return {
    ...{ line, news, waits, slept, policies, held, bringing, first },
    /** Has the line reach its server; gives the turn that is held there. */
    online: () => {
      first.reply();
      return held();
    },
    [Symbol.dispose]: () => line.close(),
  };
}

const allowed = (id: string): RemoteAnswer => ({ id, action: "allow", why: id, key: [], cause: "verdict" });
const broken = () => new WireError("the server cannot be reached", "broken");

Deno.test("what is asked together goes in one turn, and its answers come in the reply or in that of the turn that is held", async () => {
  using at = await stage();
  const held = await at.online();
  const answers = [at.line.ask(QUESTION, NEVER), at.line.ask(QUESTION, NEVER)];
  const { turn, reply } = await at.bringing();
  const [first, second] = turn.questions.map(({ id }) => id) as [string, string];
  reply({ answers: [allowed(first)] });
  equal((await answers[0]!).id, first);
  held.reply({ answers: [allowed(second)], last: 7 });
  equal((await answers[1]!).id, second);
  const { turn: again } = await at.held();
  deepEqual([again.taken, again.incarnation], [7, "i1"]);
});

Deno.test("turns are bounded in number and in questions; what has no room waits for the next", async () => {
  using at = await stage(1);
  await at.online();
  const answers = Array.from({ length: 100 }, () => at.line.ask(QUESTION, NEVER));
  const first = await at.bringing();
  equal(first.turn.questions.length, 64);
  first.reply({ answers: first.turn.questions.map(({ id }) => allowed(id)) });
  const second = await at.bringing();
  equal(second.turn.questions.length, 36);
  second.reply({ answers: second.turn.questions.map(({ id }) => allowed(id)) });
  equal((await Promise.all(answers)).length, 100);
});

Deno.test("a question whose call has ended is taken back; one that was not sent yet is not sent", async () => {
  using at = await stage(1);
  await at.online();
  const [gone, other] = [new AbortController(), new AbortController()];
  const first = at.line.ask(QUESTION, gone.signal);
  const { turn, reply } = await at.bringing();
  const second = at.line.ask(QUESTION, other.signal);
  other.abort(new Error("ended"));
  await rejects(second, /ended/);
  gone.abort(new Error("ended"));
  await rejects(first, /ended/);
  reply();
  const back = await at.bringing();
  deepEqual([back.turn.cancelled, back.turn.questions], [[turn.questions[0]!.id], []]);
  equal(at.line.waiting, 0);
});

Deno.test("a server that is away is known to be: nobody waits for it, until it is found again", async () => {
  using at = await stage();
  const early = at.line.ask(QUESTION, NEVER);
  at.first.fail(broken());
  await rejects(early, /^OfflineError: the server cannot be reached$/);
  await rejects(at.line.ask(QUESTION, NEVER), /^OfflineError/);
  deepEqual([at.line.state, at.news], ["offline", ["the server cannot be reached"]]);
  while (at.waits.length === 0) await Promise.resolve();
  at.waits.pop()!();
});

Deno.test("a connection that breaks once is nothing: what it carried is asked again, as another question", async () => {
  using at = await stage();
  const held = await at.online();
  held.fail(broken());
  await at.held();
  const answer = at.line.ask(QUESTION, NEVER);
  const first = await at.bringing();
  first.fail(broken());
  const second = await at.bringing();
  const [former, later] = [first.turn.questions[0]!.id, second.turn.questions[0]!.id];
  equal(former === later, false);
  deepEqual(second.turn.cancelled, [former]);
  second.reply({ answers: [allowed(later)] });
  equal((await answer).id, later);
  deepEqual(at.news, ["online"]);
});

Deno.test("a connection that breaks twice is the server's absence, for all that waits", async () => {
  using at = await stage();
  await at.online();
  const waiting = at.line.ask(QUESTION, NEVER);
  (await at.bringing()).reply();
  const answer = at.line.ask(QUESTION, NEVER);
  (await at.bringing()).fail(broken());
  (await at.bringing()).fail(broken());
  await rejects(answer, /^OfflineError/);
  await rejects(waiting, /^OfflineError/);
});

Deno.test("a server that has forgotten the questions is asked them again", async () => {
  using at = await stage();
  const held = await at.online();
  const answer = at.line.ask(QUESTION, NEVER);
  const first = await at.bringing();
  first.reply();
  held.reply({ incarnation: "i2" });
  const again = await at.bringing();
  deepEqual([again.turn.taken, again.turn.incarnation], [0, "i2"]);
  const { id } = again.turn.questions[0]!;
  again.reply({ incarnation: "i2", answers: [allowed(first.turn.questions[0]!.id), allowed(id)] });
  equal((await answer).id, id);
  equal(at.line.counts.strange, 1);
});

Deno.test("a server that has too much of this client is there: its questions are refused, others go on", async () => {
  using at = await stage();
  await at.online();
  const answer = at.line.ask(QUESTION, NEVER);
  (await at.bringing()).fail(new WireError("too much", "busy"));
  deepEqual(Object.keys(await answer), ["id", "refused"]);
  equal(at.line.state, "online");
});

Deno.test("a line that is closed lets everybody go", async () => {
  const at = await stage();
  await at.online();
  const answer = at.line.ask(QUESTION, NEVER);
  at.line.close();
  await rejects(answer, /^OfflineError: the plugin has been closed$/);
});

Deno.test("what could not be taken back is taken back with the next turn, not over and over", async () => {
  using at = await stage();
  const held = await at.online();
  const gone = new AbortController();
  const answer = at.line.ask(QUESTION, gone.signal);
  const { turn, reply } = await at.bringing();
  reply();
  const { id } = turn.questions[0]!;
  gone.abort(new Error("ended"));
  await rejects(answer, /ended/);
  const back = await at.bringing();
  deepEqual(back.turn.cancelled, [id]);
  back.fail(broken());
  held.reply();
  // The turn that is held next carries it.
  deepEqual((await at.held()).turn.cancelled, [id]);
});

Deno.test("the server is told which policy it has told of, so that it holds the turn although that cannot be used", async () => {
  using at = await stage();
  at.first.reply({ policy: "p1" });
  const first = await at.held();
  deepEqual([first.turn.policy, at.policies], ["p1", ["p1"]]);
  first.reply({ policy: "p2" });
  const second = await at.held();
  deepEqual([second.turn.policy, at.policies, at.slept], ["p2", ["p1", "p2"], []]);
});

Deno.test("a server that does not hold turns is not asked without a pause", async () => {
  using at = await stage();
  const held = await at.online();
  held.reply();
  (await at.held()).reply();
  await at.held();
  deepEqual(at.slept, [50, 50]);
});
