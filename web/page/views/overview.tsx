/** How all goes: what was decided lately, by whom, and how snet itself does. */

import { signal, useSignal } from "@preact/signals";
import type { HistoryJson, Stats, Status, WebSession, WebSessionList } from "../../../core/control/api.ts";
import { Chart, sum } from "../chart.tsx";
import { post, refusal, session } from "../http.ts";
import { look } from "../live.ts";
import { now } from "../now.ts";
import { Badge, Button, Failure, Switch, View } from "../parts.tsx";
import { usePolled } from "../poll.ts";
import { questions } from "../questions.ts";
import { baseName } from "../rows.ts";
import { ago, count, many, moment, ROLES } from "../words.ts";
import { Causes } from "./causes.tsx";
import { PluginState, Times } from "./plugin_state.tsx";
import { Tickets } from "./tickets.tsx";

const SPANS = ["Hour", "Day", "Week"] as const;
/** Milliseconds between two looks: at what changes always, and at what seldom does. */
const OFTEN = 5_000;
const SELDOM = 15_000;

const span = signal<typeof SPANS[number]>("Hour");

export function OverviewView() {
  const wanted = span.value.toLowerCase();
  const history = usePolled<HistoryJson>(`/v1/history?span=${wanted}`, OFTEN);
  const status = usePolled<Status>("/v1/status", SELDOM);
  const stats = usePolled<Stats>("/v1/stats", OFTEN);
  const sessions = usePolled<WebSessionList>("/v1/web/sessions", SELDOM);
  const failure = history.failure.value ?? stats.failure.value ?? status.failure.value;
  const shown = history.value.value;
  // All at once, so that nothing moves when the second of them comes.
  const isThere = shown !== undefined && stats.value.value !== undefined || failure !== undefined;
  return (
    <View
      title="Overview"
      state={<State status={status.value.value} />}
      tools={
        <Switch
          label="How far back"
          of={SPANS}
          value={span.value}
          choose={(each) => span.value = each}
        />
      }
    >
      <Failure of={failure} />
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
              hint={`in the last ${shown?.span ?? wanted}`}
            />
            <Tile
              title="Denied"
              value={shown && sum(shown.denied)}
              hint={`in the last ${shown?.span ?? wanted}`}
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
            <Top title="Programs" of={shown && programsOf(shown)} />
            <Top title="Destinations" of={shown && targetsOf(shown)} />
            <Top
              title="Denials"
              counted="denied"
              of={shown && denialsOf(shown)}
              none="Nothing was denied."
            />
          </div>
          <div class="columns two">
            <Health stats={stats.value.value} />
            <Causes stats={stats.value.value} />
          </div>
          <Tickets />
          <Sessions list={sessions.value.value?.sessions} />
        </>
      )}
    </View>
  );
}

function State({ status }: { readonly status: Status | undefined }) {
  if (status === undefined) return <Badge>…</Badge>;
  const { source, default: fallback } = status;
  return (
    <>
      <Badge kind={source.attached ? "live" : "away"} role="status">
        {source.attached ? "holding calls" : "not holding calls"}
      </Badge>
      <Badge title="The answer to what no plugin decides">default {fallback}</Badge>
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
    ? "no question waits for people"
    : `${many(asked, "question")} ${asked === 1 ? "waits" : "wait"} for people`;
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
      hint={stats ? `have answered ${many(ticketAllowed + ticketDenied, "call")} without asking` : ""}
    />
  );
}

/** A line of a list of what came most often. */
interface TopLine {
  readonly name: string;
  readonly beside: string;
  readonly allowed: number;
  readonly denied: number;
  /** All that is known of it. */
  readonly title: string;
  /** The search line that finds the decisions about it. */
  readonly filter: string;
}

function Top({ title, counted = "allowed · denied", of, none = "Nothing was decided yet." }: {
  readonly title: string;
  readonly counted?: string;
  readonly of: readonly TopLine[] | undefined;
  readonly none?: string;
}) {
  const most = Math.max(1, ...(of ?? []).map(({ allowed, denied }) => allowed + denied));
  return (
    <section class="block">
      <h2>
        {title} <small>{counted}</small>
      </h2>
      <ol class="top">
        {of?.map(({ name, beside, allowed, denied, title, filter }) => (
          <li key={title}>
            <Button title={title} onClick={() => showLive(filter)}>
              <span class="label">
                {name}
                {beside && <small>{` ${beside}`}</small>}
              </span>
              <span class="number">{counted === "denied" ? "" : count(allowed)}</span>
              <span class={`number ${denied > 0 ? "deny" : "faint"}`}>{count(denied)}</span>
              <Bar allowed={allowed / most} denied={denied / most} />
            </Button>
          </li>
        ))}
      </ol>
      {of?.length === 0 && <p class="faint">{none}</p>}
    </section>
  );
}

function programsOf(history: HistoryJson): TopLine[] {
  return history.programs.map((program) => ({
    ...program,
    name: baseName(program.name),
    beside: "",
    title: program.name,
    filter: `program:"${program.name}"`,
  }));
}

function targetsOf(history: HistoryJson): TopLine[] {
  return history.targets.map((target) => ({
    ...target,
    beside: target.address ?? "",
    title: target.name,
    filter: `to:"${target.name}"`,
  }));
}

function denialsOf(history: HistoryJson): TopLine[] {
  return history.denials.map(({ program, target, address, denied }) => {
    const beside = [target, address].join(" ").trimEnd();
    return {
      ...{ name: baseName(program), beside, allowed: 0, denied, title: `${program} ${beside}` },
      filter: `verdict:deny program:"${program}"${target && ` to:"${target}"`}`,
    };
  });
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
    failure.value = await refusal(async () => {
      await post(`/v1/web/sessions/${id}`, undefined, "DELETE");
      gone.value = new Set([...gone.value, id]);
    });
  };
  return (
    <section class="block">
      <h2>Logged in</h2>
      <ul class="sessions">
        {list?.filter(({ id }) => !gone.value.has(id)).map(({ id, user, role, since, used, isOwn }) => (
          <li key={id}>
            <span class="label">
              <b>{user}</b> <Badge title={ROLES[role]}>{role}</Badge>{" "}
              {isOwn && <Badge kind="live">this page</Badge>}
            </span>
            <span class="faint" title={moment(Date.parse(since))}>
              logged in {ago(Date.parse(since), now.value)}
            </span>
            <span class="faint">seen {ago(Date.parse(used), now.value)}</span>
            {session.value?.role !== "read" && !isOwn && (
              <Button
                class="quiet"
                aria-label={`Log out ${user}`}
                onClick={() => void end(id)}
              >
                Log out
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Failure of={failure.value} />
    </section>
  );
}
