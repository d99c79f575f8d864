/** How all goes: what was decided lately, by whom, and how snet itself does. */

import { signal, useSignal } from "@preact/signals";
import type {
  HistoryJson,
  HistorySpan,
  Stats,
  Status,
  TopJson,
  WebSession,
  WebSessionList,
} from "../../../core/control/api.ts";
import { Chart, sum } from "../chart.tsx";
import { post, RequestError, session } from "../http.ts";
import { look } from "../live.ts";
import { now } from "../now.ts";
import { usePolled } from "../poll.ts";
import { questions } from "../questions.ts";
import { baseName } from "../rows.ts";
import { ago, count, moment } from "../words.ts";
import { Causes } from "./causes.tsx";
import { PluginState, Times } from "./plugin_state.tsx";
import { Tickets } from "./tickets.tsx";

const SPANS: Readonly<Record<HistorySpan, string>> = { hour: "Hour", day: "Day", week: "Week" };
/** Milliseconds between two looks: at what changes always, and at what seldom does. */
const OFTEN = 5_000;
const SELDOM = 15_000;

const span = signal<HistorySpan>("hour");

export function OverviewView() {
  const history = usePolled<HistoryJson>(`/v1/history?span=${span.value}`, OFTEN);
  const status = usePolled<Status>("/v1/status", SELDOM);
  const stats = usePolled<Stats>("/v1/stats", OFTEN);
  const sessions = usePolled<WebSessionList>("/v1/web/sessions", SELDOM);
  const failure = history.failure.value ?? stats.failure.value ?? status.failure.value;
  const shown = history.value.value;
  // All at once, so that nothing moves when the second of them comes.
  const isThere = shown !== undefined && stats.value.value !== undefined || failure !== undefined;
  return (
    <section class="view overview" aria-labelledby="overview-title">
      <header class="view-head">
        <h1 id="overview-title">Overview</h1>
        <State status={status.value.value} />
        <div class="grow" />
        <div class="switch" role="group" aria-label="How far back">
          {Object.entries(SPANS).map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={span.value === name}
              onClick={() => span.value = name as HistorySpan}
            >
              {title}
            </button>
          ))}
        </div>
      </header>
      {failure !== undefined && <p class="error" role="alert">{failure}</p>}
      {isThere && (
        <>
          {status.value.value?.refused !== undefined && (
            <p class="notice" role="alert">
              <b>The configuration as it is now is wrong, the former one stays in force:</b>{" "}
              {status.value.value.refused}
            </p>
          )}
          <div class="tiles">
            <Tile
              title="Allowed"
              value={shown && sum(shown.allowed)}
              hint={`in the last ${shown?.span ?? span.value}`}
            />
            <Tile
              title="Denied"
              value={shown && sum(shown.denied)}
              hint={`in the last ${shown?.span ?? span.value}`}
              kind={shown && sum(shown.denied) > 0 ? "deny" : ""}
            />
            <Waiting stats={stats.value.value} />
            <TicketsTile stats={stats.value.value} />
          </div>
          <div class="block">
            <h2>Decisions</h2>
            <Chart history={shown} />
            {shown !== undefined && shown.since > shown.start && (
              <p class="hint">Counted since {moment(shown.since)}.</p>
            )}
          </div>
          <div class="columns">
            <Top
              title="Programs"
              of={shown?.programs}
              nameOf={baseName}
              filterOf={(name) => `program:"${name}"`}
            />
            <Top title="Destinations" of={shown?.targets} filterOf={(name) => `to:"${name}"`} />
            <Denials history={shown} />
          </div>
          <div class="columns two">
            <Health stats={stats.value.value} />
            <Causes stats={stats.value.value} />
          </div>
          <Tickets />
          <Sessions list={sessions.value.value?.sessions} />
        </>
      )}
    </section>
  );
}

function State({ status }: { readonly status: Status | undefined }) {
  if (status === undefined) return <span class="badge">…</span>;
  const { source, default: fallback } = status;
  return (
    <>
      <span class={`badge ${source.attached ? "live" : "away"}`} role="status">
        {source.attached ? "attached" : "not attached"}
      </span>
      <span class="badge" title="The answer to what no plugin decides">default {fallback}</span>
    </>
  );
}

function Tile({ title, value, hint, kind = "" }: {
  readonly title: string;
  readonly value: number | undefined;
  readonly hint: string;
  readonly kind?: string | undefined;
}) {
  return (
    <div class="tile">
      <h2>{title}</h2>
      <p class={`figure ${kind}`}>{value === undefined ? "–" : count(value)}</p>
      <p class="faint">{hint}</p>
    </div>
  );
}

function Waiting({ stats }: { readonly stats: Stats | undefined }) {
  const asked = questions.value.length;
  const hint = asked === 0
    ? "no question to people"
    : `${asked === 1 ? "a question" : `${asked} questions`} to people`;
  return (
    <Tile
      title="Held now"
      value={stats?.kernel["waiting"]}
      hint={hint}
      kind={asked > 0 ? "warn" : ""}
    />
  );
}

function TicketsTile({ stats }: { readonly stats: Stats | undefined }) {
  const { tickets, ticketAllowed = 0, ticketDenied = 0 } = stats?.kernel ?? {};
  // A run has none.
  if (stats !== undefined && tickets === undefined) return null;
  return (
    <Tile
      title="Tickets"
      value={tickets}
      hint={`have answered ${count(ticketAllowed + ticketDenied)} calls without asking`}
    />
  );
}

function Top({ title, of, nameOf = (name) => name, filterOf }: {
  readonly title: string;
  readonly of: readonly TopJson[] | undefined;
  readonly nameOf?: (name: string) => string;
  /** The search line that finds the decisions about it. */
  readonly filterOf: (name: string) => string;
}) {
  const most = Math.max(1, ...(of ?? []).map(({ allowed, denied }) => allowed + denied));
  return (
    <section class="block">
      <h2>
        {title} <small>allowed · denied</small>
      </h2>
      <ol class="top">
        {of?.map(({ name, address, allowed, denied }) => (
          <li key={name}>
            <button type="button" title={name} onClick={() => showLive(filterOf(name))}>
              <span class="label">
                {nameOf(name)}
                {address && <small>{` ${address}`}</small>}
              </span>
              <span class="number">{count(allowed)}</span>
              <span class={`number ${denied > 0 ? "deny" : "faint"}`}>{count(denied)}</span>
              <Bar allowed={allowed / most} denied={denied / most} />
            </button>
          </li>
        ))}
      </ol>
      <Nothing of={of} text="Nothing was decided yet." />
    </section>
  );
}

function Denials({ history }: { readonly history: HistoryJson | undefined }) {
  const of = history?.denials;
  const most = Math.max(1, ...(of ?? []).map(({ denied }) => denied));
  return (
    <section class="block">
      <h2>
        Denials <small>denied</small>
      </h2>
      <ol class="top">
        {of?.map(({ program, target, address, denied }) => (
          <li key={`${program}\n${target}`}>
            <button
              type="button"
              title={[program, target, address].join(" ")}
              onClick={() => showLive(`verdict:deny program:"${program}"${target && ` to:"${target}"`}`)}
            >
              <span class="label">
                {baseName(program)} <small>{[target, address].join(" ").trimEnd()}</small>
              </span>
              <span />
              <span class="number deny">{count(denied)}</span>
              <Bar allowed={0} denied={denied / most} />
            </button>
          </li>
        ))}
      </ol>
      <Nothing of={of} text="Nothing was denied." />
    </section>
  );
}

function Nothing({ of, text }: { readonly of: readonly unknown[] | undefined; readonly text: string }) {
  return of?.length === 0 ? <p class="faint">{text}</p> : null;
}

/** How much of the most it is; the numbers stand beside it. */
function Bar({ allowed, denied }: { readonly allowed: number; readonly denied: number }) {
  return (
    <span class="bar" aria-hidden="true">
      <span class="allow" style={{ width: `${allowed * 100}%` }} />
      <span class="deny" style={{ width: `${denied * 100}%` }} />
    </span>
  );
}

function showLive(filter: string): void {
  look(filter);
  location.hash = "#/live";
}

function Health({ stats }: { readonly stats: Stats | undefined }) {
  const plugins = stats?.daemon.plugins;
  return (
    <section class="block">
      <h2>
        Plugins <a class="more" href="#/plugins">All about them</a>
      </h2>
      <ul class="health">
        {plugins?.map((plugin, index) => (
          <li key={index}>
            <span class="label">{plugin.name}</span>
            <PluginState stats={plugin} />
            <span class="number">{count(plugin.calls)} asked</span>
            <Times stats={plugin} />
            {plugin.lastFailure !== undefined && <p class="error">{plugin.lastFailure}</p>}
          </li>
        ))}
      </ul>
      {plugins?.length === 0 && <p class="faint">No plugin decides; the default answers everything.</p>}
    </section>
  );
}

function Sessions({ list }: { readonly list: readonly WebSession[] | undefined }) {
  const failure = useSignal<string | undefined>(undefined);
  const gone = useSignal<ReadonlySet<string>>(new Set());
  const end = async (id: string) => {
    try {
      await post(`/v1/web/sessions/${id}`, undefined, "DELETE");
      gone.value = new Set([...gone.value, id]);
      failure.value = undefined;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      failure.value = error.message;
    }
  };
  return (
    <section class="block">
      <h2>Logged in</h2>
      <ul class="sessions">
        {list?.filter(({ id }) => !gone.value.has(id)).map(({ id, user, role, since, used, isOwn }) => (
          <li key={id}>
            <span class="label">
              <b>{user}</b> <span class="badge">{role}</span>{" "}
              {isOwn && <span class="badge live">this page</span>}
            </span>
            <span class="faint" title={moment(Date.parse(since))}>
              logged in {ago(Date.parse(since), now.value)}
            </span>
            <span class="faint">seen {ago(Date.parse(used), now.value)}</span>
            {session.value?.role !== "read" && !isOwn && (
              <button
                type="button"
                class="quiet"
                aria-label={`Log out ${user}`}
                onClick={() => end(id)}
              >
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
      {failure.value !== undefined && <p class="error" role="alert">{failure.value}</p>}
    </section>
  );
}
