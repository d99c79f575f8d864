/** From a decision to the rule that says the same of all calls like it, or the opposite. */

import { useSignal } from "@preact/signals";
import { Button, Failure } from "../parts.tsx";
import { busy, failure, isChanged, make, mayChange } from "../rules.ts";

/** What is offered under a decision, by its number. */
export function MakeRule({ row }: { readonly row: number }) {
  const tried = useSignal(false);
  if (!mayChange.value) return null;
  const begin = async (action: "allow" | "deny") => {
    tried.value = true;
    if (await make(row, action)) location.hash = "#/rules";
  };
  return (
    <>
      <h3>From now on</h3>
      <div class="make">
        {(["allow", "deny"] as const).map((action) => (
          <Button
            key={action}
            disabled={busy.value}
            onClick={() => void begin(action)}
          >
            Make a rule to {action}
          </Button>
        ))}
      </div>
      {isChanged.value
        ? <p class="hint">The text under Rules that is not saved would be lost.</p>
        : tried.value && <Failure of={failure.value} />}
    </>
  );
}
