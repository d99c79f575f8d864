/** Each plugin of the configuration: what it is, how it is set, and how it does. */

import type { PluginJson, PluginList, PluginStats } from "../../../core/control/api.ts";
import { session } from "../http.ts";
import { busy, done, failure as refusal, isSet, undo } from "../options.ts";
import { Badge, Facts, Failure, Grow, Nothing, Undo, View } from "../parts.tsx";
import { usePolled } from "../poll.ts";
import { count, span } from "../words.ts";
import { OptionForm } from "./option_form.tsx";
import { Doc, OptionList } from "./option_list.tsx";
import { PluginState, Times } from "./plugin_state.tsx";

/** Milliseconds between two looks. */
const OFTEN = 5_000;
const GRANTS = {
  read: "reads",
  write: "writes",
  net: "connects to",
  env: "sees of the environment",
} as const;

export function PluginsView() {
  const { value, failure, refresh } = usePolled<PluginList>("/v1/plugins", OFTEN);
  const { plugins, file, undo: last } = value.value ?? {};
  const changeable = session.value?.role === "admin" ? file : undefined;
  return (
    <View
      title="Plugins"
      tools={
        <>
          {changeable !== undefined && last !== undefined && (
            <Undo
              path={changeable.path}
              isBusy={busy.value}
              undo={() => undo(changeable.tag, refresh)}
            />
          )}
          <span class="hint">asked in this order; the first with an opinion decides</span>
        </>
      }
    >
      <Failure of={failure.value} />
      <Failure of={refusal.value} kind="notice" />
      <p class="done" role="status">{done.value}</p>
      {plugins?.length === 0 && (
        <Nothing
          text="There are no plugins."
          hint="The default answers everything. Plugins are listed in snet.yaml under “plugins”."
        />
      )}
      <ol class="cards">
        {plugins?.map((plugin, entry) => (
          <PluginCard
            // Lines of the file come and go; what is typed stays with its plugin.
            key={`${entry} ${plugin.name}`}
            {...{ plugin, entry, file: changeable, refresh }}
          />
        ))}
      </ol>
    </View>
  );
}

function PluginCard({ plugin, entry, file, refresh }: {
  readonly plugin: PluginJson;
  readonly entry: number;
  /** Where options are written, for who may. */
  readonly file: PluginList["file"];
  readonly refresh: () => Promise<void>;
}) {
  const { name, doc, where, lane, trust, program, events, options, stats } = plugin;
  const set = options.filter(isSet);
  return (
    <li class="card plugin">
      <header>
        <h2>{name}</h2>
        <PluginState stats={stats} />
        <Badge
          title={lane === "fast" ? "Asked in the reactor; it answers at once" : "It may take its time"}
        >
          {lane}
        </Badge>
        <Badge kind={trust === "trusted" ? "warn" : ""} title={TRUST[trust]}>{trust}</Badge>
        <Grow />
        <small>{where}</small>
      </header>
      <p>
        <Doc text={doc} />
      </p>
      {stats !== undefined && <Figures stats={stats} />}
      {stats?.lastFailure !== undefined && (
        <p class="error">
          <b>Last failure:</b> {stats.lastFailure}
        </p>
      )}
      <Facts
        of={[
          ["events", events.join(", ")],
          ["program", program],
          ["counts itself", countersText(stats)],
          [
            "in time",
            stats?.slow &&
            `${
              span(stats.slow.timeout)
            }, then ${stats.slow.whenLate}; where it fails, ${stats.slow.whenFailed}`,
          ],
          ["granted", trust === "sandboxed" && grantsText(stats?.grants)],
        ]}
      />
      {options.length > 0 && (
        <details>
          <summary>
            Options <small>{set.length} of {options.length} set</small>
          </summary>
          {file === undefined
            ? <OptionList options={options} />
            : <OptionForm {...{ plugin, entry, file, refresh }} />}
        </details>
      )}
    </li>
  );
}

const TRUST: Readonly<Record<PluginJson["trust"], string>> = {
  "built-in": "Comes with snet",
  trusted: "Runs in the daemon's own process, with all its rights",
  sandboxed: "Runs in a process of its own, with what it is granted",
};

function Figures({ stats }: { readonly stats: PluginStats }) {
  const { calls, allowed, denied, asked, failed, late, slow } = stats;
  const figures: readonly (readonly [string, number, string?])[] = [
    ["asked", calls],
    ["allowed", allowed],
    ["denied", denied],
    ["to people", asked],
    ["failed", failed, "deny"],
    ...slow === undefined ? [] : [
      ["late", late, "warn"],
      ["waiting", slow.waiting],
      ["not asked", slow.breaker.shortCircuited, "warn"],
    ] as const,
  ];
  return (
    <ul class="figures">
      {figures.map(([label, value, kind = ""]) => (
        <li key={label}>
          <span class={`number ${value > 0 ? kind : ""}`}>{count(value)}</span> <small>{label}</small>
        </li>
      ))}
      {stats.time !== undefined && (
        <li>
          <Times stats={stats} /> <small>per answer</small>
        </li>
      )}
    </ul>
  );
}

/** What it counts of its own, in its words. */
function countersText(stats: PluginStats | undefined): string {
  return Object.entries(stats?.counters ?? {}).filter(([, value]) => value > 0)
    .map(([name, value]) => `${name} ${count(value)}`).join(", ");
}

function grantsText(grants: PluginStats["grants"]): string {
  const given = Object.entries(GRANTS).flatMap(([kind, text]) => {
    const all = grants?.[kind as keyof typeof GRANTS] ?? [];
    return all.length === 0 ? [] : [`${text} ${all.join(", ")}`];
  });
  return given.join("; ") || "nothing";
}
