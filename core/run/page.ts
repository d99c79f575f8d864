/**
 * The page of a run: questions to people, answered in a browser of this machine.
 *
 * Who answers is whoever has opened the link that snet prints. It works once, and the program starts only when it was opened:
 * by then nothing is left that the program could find. It is the same user's program all the same, so it is also kept from the
 * page's port (own_page.ts).
 */

import type { BuiltIn } from "../cli/builtin.ts";
import { printable } from "../cli/text.ts";
import { controlApp } from "../control/app.ts";
import type { Peer } from "../control/peer.ts";
import type { Questions } from "../control/question_routes.ts";
import { geteuid, utf8 } from "../../ffi/mod.ts";
import type { ListenAddress } from "../listen.ts";
import type { PluginContext } from "../plugin.ts";
import { Desks, desksOf } from "../questions/desks.ts";
import { originOf, type World, worldOfSelf } from "../questions/may_answer.ts";
import { procfs } from "../questions/processes.ts";
import type { Ring } from "../ring.ts";
import { LINK_TIME, type Page } from "../web/page.ts";
import { type Counting, RunControl } from "./control.ts";
import type { Record } from "./record.ts";
import type { RunChain } from "./run_chain.ts";

/** Milliseconds for which the first link works: nothing else happens until it is opened. */
const FIRST_LINK_TIME = 7 * 86_400_000;

/** What a page shows and does. */
export interface Shown {
  readonly command: readonly Uint8Array[];
  readonly chain: RunChain;
  readonly record: Pick<Record, "observe" | "observers">;
  readonly ring: Pick<Ring, "dropped">;
  readonly context: PluginContext;
  readonly delay: number;
}

export interface RunPageParts {
  readonly open: NonNullable<BuiltIn["openPage"]>;
  /** The program's name, printable. */
  readonly program: string;
  /** Tells whoever runs the program. */
  readonly tell: (line: string) => void;
  /** Tells whoever is at the terminal, and no file or pipe, which the program could read. */
  readonly tellTerminal: (line: string) => void;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** The application, once there is a run to be shown: before, nobody can have logged in. */
interface Served {
  control?: ReturnType<typeof controlApp>;
}

export class RunPage implements AsyncDisposable {
  readonly #parts: RunPageParts;
  readonly #page: Page;
  readonly #world: World;
  readonly #peer: Peer;
  readonly #served: Served;
  readonly #ends = new AsyncDisposableStack();
  readonly #opened = Promise.withResolvers<void>();
  #control: RunControl | undefined;
  /** Pages that follow the questions. */
  #followers = 0;
  /** Until when the last link works, a time of `now`. */
  #linkUntil = -Infinity;

  private constructor(parts: RunPageParts, page: Page, world: World, served: Served) {
    this.#parts = parts;
    this.#page = page;
    this.#world = world;
    this.#served = served;
    const origin = { pid: Deno.pid, groups: [], line: lineOfSelf(), refusal: undefined };
    const peer = { uid: geteuid() };
    // As snet is now, before the program began: whoever has the link has it of this snet.
    this.#peer = { ...peer, origin: originOf({ ...peer, origin }, world) };
    this.#ends.use(page);
  }

  /** Begins to listen. Rejects with an Error of one line. */
  static async open(parts: RunPageParts, listen: ListenAddress): Promise<RunPage> {
    // Processes have the numbers here that events have, whichever namespace this is.
    const world: World = { ...worldOfSelf(), isElsewhere: false };
    const served: Served = {};
    const page = await parts.open({
      config: { listen, socket: undefined, names: [], tls: undefined },
      gid: undefined,
      control: { fetch: (request, environment) => served.control!.fetch(request, environment) },
      world,
      log: () => {},
      program: parts.program,
      advice:
        "snet run prints a link when it starts, and another at its terminal when a question finds no page open",
    });
    return new RunPage(parts, page, world, served);
  }

  /** Where it is. */
  get address(): ListenAddress {
    const { hostname, port } = new URL(this.#page.addresses[0]!);
    return { host: hostname, port: Number(port) };
  }

  /** Shows a run, prints the link, and waits until somebody has opened it. */
  async show({ chain, command, ...others }: Shown): Promise<void> {
    const { config, links, slow } = chain;
    const desks = new Desks(this.#world);
    desks.load(desksOf([...links, ...slow], config.default));
    const questions: Questions = {
      list: (peer) => desks.list(peer),
      answer: (peer, id, answer) => desks.answer(peer, id, answer),
      observe: (peer, observer) => this.#follow(desks, peer, observer),
    };
    const text = command.map((word) => printable(utf8(word))).join(" ");
    this.#control = this.#ends.use(
      new RunControl({ ...others, chain, command: text, questions, logins: () => this.#page.logins }),
    );
    for (const { instance } of slow) {
      const stop = instance.questions?.observe(({ kind }) => {
        if (kind === "opened") this.#remind();
      });
      if (stop !== undefined) this.#ends.defer(stop);
    }
    // Numbers of decisions are of this run alone: nobody comes back to it.
    this.#served.control = controlApp(this.#control, geteuid());
    const { tell, program } = this.#parts;
    tell(`${program} starts when this link is opened in a browser; the link works once`);
    tell(this.#link(FIRST_LINK_TIME));
    await this.#opened.promise;
  }

  /** The program is held from now on. */
  begin(reactor: Counting): void {
    this.#control?.begin(reactor);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ends.disposeAsync();
  }

  #follow(desks: Desks, peer: Peer, observer: Parameters<Questions["observe"]>[1]): () => void {
    const stop = desks.observe(peer, observer);
    let isOver = false;
    this.#followers++;
    this.#opened.resolve();
    return () => {
      if (!isOver) this.#followers--;
      isOver = true;
      stop();
    };
  }

  /** A question has come: where nobody sees it, whoever is at the terminal gets another link. */
  #remind(): void {
    const now = this.#parts.now?.() ?? performance.now();
    if (this.#followers > 0 || now < this.#linkUntil) return;
    this.#linkUntil = now + LINK_TIME;
    const { tellTerminal } = this.#parts;
    tellTerminal(`snet: a question waits and no page is open; another link, for a minute: ${this.#link()}`);
  }

  #link(time?: number): string {
    return this.#page.logins.invite(this.#peer, "answer", time).link;
  }
}

function lineOfSelf(): NonNullable<Peer["origin"]>["line"] {
  const own = procfs.look(Deno.pid);
  return own && [own];
}

/** A loopback address that no other page has: browsers keep cookies by address, and send them to all ports of it. */
export function ownAddress(): ListenAddress {
  const [a, b, c] = crypto.getRandomValues(new Uint8Array(3));
  return { host: `127.${1 + a! % 254}.${b}.${1 + c! % 254}`, port: 0 };
}
