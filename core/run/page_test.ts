import { deepEqual, equal, match } from "node:assert/strict";
import { parseConfig } from "../config.ts";
import { PATHS } from "../control/api.ts";
import type { DeskChange, QuestionDesk } from "../questions/desk.ts";
import type { Page, PageOptions } from "../web/page.ts";
import type { Counting } from "./control.ts";
import { ownAddress, RunPage } from "./page.ts";
import type { RunChain } from "./run_chain.ts";

/** A page that nobody serves, of a run without a program. */
class TestPage {
  readonly told: string[] = [];
  readonly terminal: string[] = [];
  readonly invited: (number | undefined)[] = [];
  now = 0;
  isClosed = false;
  #options: PageOptions | undefined;
  readonly #observers = new Set<(change: DeskChange) => void>();

  readonly #desk: QuestionDesk = {
    list: () => [],
    show: () => undefined,
    knows: () => false,
    answer: () => Promise.reject(new Error("there is none")),
    observe: (observer) => {
      this.#observers.add(observer);
      return () => this.#observers.delete(observer);
    },
  };

  async open(): Promise<RunPage> {
    const page: Page = {
      logins: {
        invite: (_peer, _role, time) => {
          this.invited.push(time);
          return { link: `link ${this.invited.length}`, until: "", user: "ada", role: "answer" };
        },
        list: () => ({ sessions: [] }),
        end: () => 0,
      },
      addresses: ["http://127.7.7.7:7777"],
      [Symbol.asyncDispose]: () => {
        this.isClosed = true;
        return Promise.resolve();
      },
    };
    return await RunPage.open({
      open: (options) => {
        this.#options = options;
        return Promise.resolve(page);
      },
      program: "curl",
      tell: (line) => this.told.push(line),
      tellTerminal: (line) => this.terminal.push(line),
      now: () => this.now,
    }, ownAddress());
  }

  show(page: RunPage): Promise<void> {
    const config = parseConfig("./test", "default: deny\n", {});
    const chain: RunChain = {
      ...{
        config,
        plugins: {},
        prepared: { ...config, plugins: [] },
        links: [],
        events: [],
        learner: undefined,
      },
      slow: [{ name: "ask", events: [], instance: { questions: this.#desk } }],
    };
    return page.show({
      ...{ command: ["curl", "-s"].map((word) => new TextEncoder().encode(word)), chain, delay: 1000 },
      record: { observe: () => () => {}, observers: 0 },
      ring: { dropped: 0 },
      context: { clock: () => 0, verifiedExe: () => true },
    });
  }

  /** Somebody who is logged in asks for something. */
  async ask(path: string): Promise<Response> {
    return await this.#options!.control.fetch(new Request(`http://127.7.7.7:7777${path}`), {
      peer: { uid: 1000 },
    });
  }

  /** A question comes. */
  question(): void {
    for (const observe of this.#observers) observe({ kind: "opened", id: "q" });
  }
}

Deno.test("page of a run: it goes on when somebody follows the questions, by the link that is printed", async () => {
  const test = new TestPage();
  await using page = await test.open();
  deepEqual(page.address, { host: "127.7.7.7", port: 7777 });
  let isShown = false;
  const shown = test.show(page).then(() => isShown = true);
  match(test.told.join("\n"), /^curl starts when .*\nlink 1$/);
  // Of a link that was opened by a page that does not work nobody would be asked.
  await test.ask(PATHS.status);
  equal(isShown, false);
  const stream = await test.ask(PATHS.questionEvents);
  await shown;
  await stream.body!.cancel();
});

Deno.test("page of a run: a question that finds no page open tells another link, at the terminal, once a minute", async () => {
  const test = new TestPage();
  await using page = await test.open();
  const shown = test.show(page);
  const stream = await test.ask(PATHS.questionEvents);
  await shown;
  test.question();
  deepEqual(test.terminal, []);
  await stream.body!.cancel();
  test.question();
  test.question();
  equal(test.terminal.length, 1);
  match(test.terminal[0]!, /link 2$/);
  test.now += 60_000;
  test.question();
  equal(test.terminal.length, 2);
  // The first one is for as long as nothing has begun; the others are for the usual time.
  deepEqual(test.invited.slice(1), [undefined, undefined]);
  equal(test.told.length, 2);
});

Deno.test("page of a run: it shows what runs, and is gone with it", async () => {
  const test = new TestPage();
  {
    await using page = await test.open();
    const shown = test.show(page);
    const status = async () => (await (await test.ask(PATHS.status)).json());
    equal((await status()).source.attached, false);
    page.begin({ counts: () => Promise.reject(new Error("not now")) } satisfies Counting);
    const { source, config } = await status();
    deepEqual([source.kind, source.attached, config], ["program", true, "snet run -- curl -s"]);
    const stream = await test.ask(PATHS.questionEvents);
    await shown;
    await stream.body!.cancel();
    equal(test.isClosed, false);
  }
  equal(test.isClosed, true);
});

Deno.test("page of a run: its address is a loopback address of its own", () => {
  for (let i = 0; i < 1000; i++) {
    const { host, port } = ownAddress();
    match(host, /^127\.(?!0\.)\d+\.\d+\.(?!0$|255$)\d+$/);
    equal(port, 0);
  }
});
