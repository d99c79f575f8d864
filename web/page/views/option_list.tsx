/** The options of a plugin with what is set, for who may only look. */

import type { OptionJson, OptionValueJson } from "../../../core/control/api.ts";
import { isSet } from "../options.ts";
import { count, span } from "../words.ts";
import { Badge } from "../parts.tsx";

export function OptionList({ options }: { readonly options: readonly OptionJson[] }) {
  return (
    <dl class="options">
      {[...options.filter(isSet), ...options.filter((option) => !isSet(option))].map((option) => (
        <div key={option.name} class={isSet(option) ? "set" : ""}>
          <dt>
            <code>{option.name}</code>
          </dt>
          <dd>
            <OptionValue option={option} />
          </dd>
          <dd class="doc">
            <Doc text={option.doc} /> <small>{typeText(option)}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Its type, and what it may be: `integer: from 1 to 9`. */
function typeText(option: OptionJson): string {
  const limits = option.choices?.join(", ") ?? limitsOf(option);
  return limits === "" ? option.type : `${option.type}: ${limits}`;
}

/** `from 1 to 9`. */
export function limitsOf({ type, min, max }: Pick<OptionJson, "type"> & Range): string {
  return [
    min !== undefined && `from ${valueText(min, type)}`,
    max !== undefined && `to ${valueText(max, type)}`,
  ].filter(Boolean).join(" ");
}

interface Range {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What authors write in backquotes is a word of the configuration. */
export function Doc({ text }: { readonly text: string }) {
  return <>{text.split("`").map((part, index) => index % 2 === 0 ? part : <code key={index}>{part}</code>)}
  </>;
}

export function OptionValue({ option }: { readonly option: OptionJson }) {
  const { value, isWithheld, type, default: usual } = option;
  if (isWithheld) return <Badge>set, not shown</Badge>;
  const shown = value ?? usual;
  if (shown === undefined) return <small>not set</small>;
  return (
    <span>
      <span class="value">{valueText(shown, type)}</span>
      {!isSet(option) && <small>default</small>}
    </span>
  );
}

function valueText(value: OptionValueJson, type: OptionJson["type"]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return type === "duration" ? span(value) : count(value);
  if (typeof value === "string") return value === "" ? "“”" : value;
  return value.length === 0 ? "none" : value.join(", ");
}
