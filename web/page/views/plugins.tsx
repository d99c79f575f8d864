/** Each plugin of the configuration: what it is, how it is set, and how it does. */

import type {
  OptionJson,
  OptionValueJson,
  PluginJson,
  PluginList,
  PluginStats,
} from "../../../core/control/api.ts";
import { usePolled } from "../poll.ts";
import { count, span } from "../words.ts";
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
  const { value, failure } = usePolled<PluginList>("/v1/plugins", OFTEN);
  const plugins = value.value?.plugins;
  return (
    <section class="view plugins" aria-labelledby="plugins-title">
      <header class="view-head">
        <h1 id="plugins-title">Plugins</h1>
        <div class="grow" />
        <span class="hint">asked in this order; the first with an opinion decides</span>
      </header>
      {failure.value !== undefined && <p class="error" role="alert">{failure.value}</p>}
      {plugins?.length === 0 && (
        <div class="nothing">
          <p>There are no plugins.</p>
          <p class="faint">
            The default answers everything. Plugins are listed in snet.yaml under “plugins”.
          </p>
        </div>
      )}
      <ol class="cards">
        {plugins?.map((plugin, index) => <PluginCard key={`${index} ${plugin.where}`} plugin={plugin} />)}
      </ol>
    </section>
  );
}

function PluginCard({ plugin }: { readonly plugin: PluginJson }) {
  const { name, doc, where, lane, trust, program, events, options, stats } = plugin;
  const set = options.filter(isSet);
  return (
    <li class="card plugin">
      <header>
        <h2>{name}</h2>
        <PluginState stats={stats} />
        <span
          class="badge"
          title={lane === "fast" ? "Asked in the reactor; it answers at once" : "It may take its time"}
        >
          {lane}
        </span>
        <span class={`badge ${trust === "trusted" ? "warn" : ""}`} title={TRUST[trust]}>{trust}</span>
        <div class="grow" />
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
      <dl class="facts">
        <Fact label="woken for" text={events.join(", ")} />
        <Fact label="program" text={program} />
        {stats?.slow !== undefined && (
          <Fact
            label="in time"
            text={`${
              span(stats.slow.timeout)
            }, then ${stats.slow.whenLate}; where it fails, ${stats.slow.whenFailed}`}
          />
        )}
        {trust === "sandboxed" && <Grants grants={stats?.grants} />}
      </dl>
      {options.length > 0 && (
        <details>
          <summary>
            Options <small>{set.length} of {options.length} set</small>
          </summary>
          <dl class="options">
            {[...set, ...options.filter((option) => !isSet(option))].map((option) => (
              <Option key={option.name} option={option} />
            ))}
          </dl>
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
  const { calls, allowed, denied, asked, failed, late, slow, counters = {} } = stats;
  const figures: readonly (readonly [string, number, string?])[] = [
    ["asked", calls],
    ["allowed", allowed],
    ["denied", denied],
    ["to people", asked],
    ["failed", failed, "deny"],
    ["late", late, "warn"],
    ["waiting", slow?.waiting ?? 0],
    ["not asked", slow?.breaker.shortCircuited ?? 0, "warn"],
    ...Object.entries(counters).map(([name, value]) => [name, value] as const),
  ];
  return (
    <ul class="figures">
      {figures.filter(([, value], index) => index < 3 || value > 0).map(([label, value, kind = ""]) => (
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

function Grants({ grants }: { readonly grants: PluginStats["grants"] }) {
  const given = Object.entries(GRANTS).flatMap(([kind, text]) => {
    const all = grants?.[kind as keyof typeof GRANTS] ?? [];
    return all.length === 0 ? [] : [`${text} ${all.join(", ")}`];
  });
  return <Fact label="granted" text={given.length === 0 ? "nothing" : given.join("; ")} />;
}

function Fact({ label, text }: { readonly label: string; readonly text: string | undefined }) {
  if (!text) return null;
  return (
    <div>
      <dt>{label}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function Option({ option }: { readonly option: OptionJson }) {
  const { name, doc, type, choices, min, max } = option;
  const limits = [
    choices?.join(", "),
    min !== undefined && `from ${valueText(min, type)}`,
    max !== undefined && `to ${valueText(max, type)}`,
  ].filter(Boolean);
  return (
    <div class={isSet(option) ? "set" : ""}>
      <dt>
        <code>{name}</code>
      </dt>
      <dd>
        <Value option={option} />
      </dd>
      <dd class="doc">
        <Doc text={doc} /> <small>{type}{limits.length > 0 && `: ${limits.join(" ")}`}</small>
      </dd>
    </div>
  );
}

/** What authors write in backquotes is a word of the configuration. */
function Doc({ text }: { readonly text: string }) {
  return <>{text.split("`").map((part, index) => index % 2 === 0 ? part : <code key={index}>{part}</code>)}
  </>;
}

function Value({ option }: { readonly option: OptionJson }) {
  const { value, isWithheld, type, default: usual } = option;
  if (isWithheld) return <span class="badge">set, not shown</span>;
  const shown = value ?? usual;
  if (shown === undefined) return <small>not set</small>;
  return (
    <>
      <span class="value">{valueText(shown, type)}</span>
      {!isSet(option) && <small>default</small>}
    </>
  );
}

/** False for what is as it is where nobody says anything. */
function isSet({ value, default: usual, isWithheld }: OptionJson): boolean {
  return isWithheld === true || value !== undefined && JSON.stringify(value) !== JSON.stringify(usual);
}

function valueText(value: OptionValueJson, type: OptionJson["type"]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return type === "duration" ? span(value) : count(value);
  if (typeof value === "string") return value === "" ? "“”" : value;
  return value.length === 0 ? "none" : value.join(", ");
}
