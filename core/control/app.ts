/** The routes of the control API. What they do is the daemon's; who asks is told by the server. */

import { Hono } from "hono";
import { answerPath, PATHS } from "./api.ts";
import type {
  Flushed,
  HistoryJson,
  HistorySpan,
  Observation,
  PluginList,
  Reloaded,
  Stats,
  Status,
  TicketList,
} from "./api.ts";
import { RequestError } from "./request_error.ts";
import type { Peer } from "./peer.ts";
import { questionRoutes, type Questions } from "./question_routes.ts";
import { localUsers } from "../cli/users.ts";
import type { OptionDesk } from "./option_desk.ts";
import { optionRoutes } from "./option_routes.ts";
import { overviewRoutes } from "./overview_routes.ts";
import openapi from "./openapi.json" with { type: "json" };
import { Recent } from "./recent.ts";
import { rowRoutes } from "./row_routes.ts";
import type { RuleDesk } from "./rule_desk.ts";
import { rulesChanged, rulesSeen } from "./rule_routes.ts";
import { withWords } from "./ticket_list.ts";
import { webRoutes } from "./web_routes.ts";
import type { ProcessFacts } from "../process/process_facts.ts";
import type { Logins } from "../web/page.ts";

/** What the daemon does for the control API. Errors thrown are told to the client by their message. */
export interface Controlled {
  status(): Status;
  stats(all: boolean): Promise<Stats>;
  /** All of them; or so many, with the most hits first, and none where it would take long to list them. */
  tickets(most?: number): TicketList;
  flush(): Promise<Flushed>;
  reload(): Promise<Reloaded>;
  /** Calls `observer` with each decision until the returned function is called. */
  observe(observer: (observation: Observation) => void): () => void;
  /** Counts an observation that an observer was too slow for. */
  drop(): void;
  /** What waits for people. */
  readonly questions: Questions;
  /** Who gets into the page; throws a RequestError where none is served. */
  logins?(): Logins;
  /** What was decided lately; throws a RequestError where nobody counts. */
  history?(span: HistorySpan): HistoryJson;
  /** The plugins; with what is set of their options, secrets excepted, where `withValues`. */
  plugins?(withValues: boolean): Promise<PluginList>;
  /** Who the programs are, for people; absent where nobody is to look. */
  readonly processes?: Pick<ProcessFacts, "note" | "of">;
  /** The rules, seen and changed. */
  readonly rules?: RuleDesk;
  /** Changes options of plugins. */
  readonly options?: OptionDesk;
}

/** What routes know of a request besides what it says. */
export type Environment = { Bindings: { readonly peer: Peer } };

/** Observations that wait for a slow reader; about a second of a busy machine. One that is long counts as several. */
const STREAM_LIMIT = 4096;
/** Bytes of one, usually. */
const USUAL = 1024;

/**
 * The application; `ownUid` is the daemon's user, who may do all that root may. Decisions are numbered from behind `start`
 * on: {@linkcode startOfNumbers} for a daemon that may be started again.
 */
export function controlApp(daemon: Controlled, ownUid: number, start = 0): Hono<Environment> {
  const app = new Hono<Environment>();
  app.use(async (context, next) => {
    // Hono would begin a stream for that, and leave it there.
    if (context.req.method === "HEAD") return context.json({ error: "HEAD is not answered; use GET" }, 405);
    await next();
  });
  questionRoutes(app, daemon.questions);
  const userName = localUsers();
  const recent = new Recent({
    observe: (observer) =>
      daemon.observe((observation) => {
        observer(observation);
        daemon.processes?.note(observation);
      }),
    ...{ userName, start },
  });
  rowRoutes(app, recent, daemon, { userName, ownUid });
  webRoutes(app, daemon);
  overviewRoutes(app, daemon, ownUid);
  rulesSeen(app, daemon, ownUid);
  app.use(async (context, next) => {
    if (context.req.method === "GET") return await next();
    const { uid } = context.env.peer;
    if (uid === undefined) return context.json({ error: "Cannot tell who asks, so nothing is changed" }, 403);
    if (uid !== 0 && uid !== ownUid) {
      return context.json({ error: `Only root may change anything here (you are uid ${uid})` }, 403);
    }
    await next();
  });
  optionRoutes(app, daemon);
  rulesChanged(app, daemon, recent, userName);
  app.get(PATHS.status, (context) => context.json(daemon.status()));
  app.get(PATHS.stats, async (context) => {
    const all = context.req.query("all") !== undefined;
    return context.json(await daemon.stats(all));
  });
  app.get(PATHS.tickets, (context) => {
    const most = context.req.query("most");
    if (most !== undefined && !/^\d{1,6}$/.test(most)) {
      return context.json({ error: `most: "${most}" is no number of tickets` }, 400);
    }
    return context.json(withWords(daemon.tickets(most === undefined ? undefined : Number(most)), userName));
  });
  app.post(PATHS.flush, async (context) => context.json(await daemon.flush()));
  app.post(PATHS.reload, async (context) => context.json(await daemon.reload()));
  app.get(PATHS.events, () => eventStream(daemon));
  app.get(PATHS.openapi, (context) => context.json(openapi));
  app.notFound((context) => {
    const known = [...Object.values(PATHS), answerPath("ID")].join(", ");
    return context.json(
      { error: `No ${context.req.method} ${context.req.path} here; paths are ${known}` },
      404,
    );
  });
  app.onError((error, context) =>
    context.json({ error: error.message }, error instanceof RequestError ? error.status : 500)
  );
  return app;
}

/** Server-sent events (HTML Standard, 9.2); a reader that is too slow misses some, which are counted. */
function eventStream(daemon: Controlled): Response {
  let stop = () => {};
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      // A first comment makes the headers go out at once.
      controller.enqueue(encoder.encode(":\n\n"));
      stop = daemon.observe((observation) => {
        if ((controller.desiredSize ?? 0) <= 0) return daemon.drop();
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(observation)}\n\n`));
      });
    },
    cancel: () => stop(),
  }, {
    highWaterMark: STREAM_LIMIT,
    size: (chunk) => Math.max(1, (chunk?.length ?? 0) / USUAL),
  });
  return new Response(stream, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

/** Greater than the numbers that a daemon has given before this one, unless it decided 10,000 calls a second all the time. */
export function startOfNumbers(): number {
  return Date.now() * 10;
}
