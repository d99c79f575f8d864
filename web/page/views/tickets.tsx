/** The tickets: what the kernel answers without asking. */

import { useSignal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Flushed, TicketJson, TicketList } from "../../../core/control/api.ts";
import { post, refusal, session } from "../http.ts";
import { now } from "../now.ts";
import { Button } from "../parts.tsx";
import { usePolled } from "../poll.ts";
import { baseName } from "../rows.ts";
import { count, left, many } from "../words.ts";

/** Tickets that are listed, and milliseconds between two looks at them. */
const MOST = 50;
const OFTEN = 10_000;

export function Tickets() {
  const { value, failure } = usePolled<TicketList>(`/v1/tickets?most=${MOST}`, OFTEN);
  const said = useSignal<string | undefined>(undefined);
  const list = value.value;
  // What is left of each goes on between two looks.
  const since = useMemo(() => Date.now(), [list]);
  const flush = async () => {
    const refused = await refusal(async () => {
      const { dropped } = await post<Flushed>("/v1/tickets/flush");
      value.value = { tickets: [] };
      said.value = `Dropped ${many(dropped, "ticket")}.`;
    });
    said.value = refused ?? said.value;
  };
  const { tickets = [], more = 0 } = list ?? {};
  const passed = Math.max(0, now.value - since);
  const lasting = tickets.filter(({ timeLeft }) => timeLeft > passed);
  return (
    <section class="block">
      <h2>
        Tickets
        {session.value?.role === "admin" && lasting.length + more > 0 && (
          <Button
            class="quiet"
            onClick={() => void flush()}
          >
            Drop all
          </Button>
        )}
      </h2>
      <ul class="tickets">
        {lasting.map((ticket, index) => (
          <TicketLine key={index} ticket={ticket} remaining={ticket.timeLeft - passed} />
        ))}
      </ul>
      {list !== undefined && lasting.length + more === 0 && (
        <p class="faint">No tickets: the kernel asks about every call.</p>
      )}
      {more > 0 && (
        <p class="hint">
          {lasting.length === 0
            ? `The kernel keeps ${count(more)} tickets, too many to be listed here; snet tickets lists them.`
            : `And ${count(more)} more that have answered less often.`}
        </p>
      )}
      <p class="hint" role="status">{said}</p>
      {failure.value && <p class="error">{failure.value}</p>}
    </section>
  );
}

function TicketLine({ ticket, remaining }: { readonly ticket: TicketJson; readonly remaining: number }) {
  const { exe, comm, user, what, action, errnoName, hits, plugin, rule } = ticket;
  const program = exe ?? comm;
  const by = [plugin, rule && (rule.name ?? `#${rule.number}`)].filter((each) => each !== undefined).join(
    ": ",
  );
  return (
    <li>
      <span class="label" title={program}>
        <b>{program === undefined ? "any program" : baseName(program)}</b>{" "}
        <small>{[user, whose(ticket)].join(" ").trim()}</small>
      </span>
      <span class="label" title={what}>{what}</span>
      <span class={`verdict ${action}`}>{action === "deny" ? `deny ${errnoName ?? ""}` : action}</span>
      <span class="number">{left(remaining)}</span>
      <span class="number">{count(hits)}×</span>
      <span class="label faint" title={rule?.where}>{by}</span>
    </li>
  );
}

/** Which processes it serves. */
function whose({ scope, pid }: TicketJson): string {
  return scope === "program" ? "" : `process ${pid}${scope === "children" ? " and its children" : ""}`;
}
