/** Tables for documents, as the declarations of families have them. */

import { operandsOf, type Subsystem } from "./subsystem.ts";

/** The events of a family, and the words for several of them. */
export function eventsTable({ name, spec }: Subsystem): string {
  const events = Object.entries(spec.events).map(([event, { doc, told }]) => {
    return [`\`${name}.${event}\``, doc, told ? "told only" : "asked about"];
  });
  const aliases = Object.entries(spec.aliases ?? {}).map(([alias, { doc, events }]) => {
    return [`\`${name}.${alias}\``, doc, events.map((event) => `\`${event}\``).join(", ")];
  });
  return table(["event", "what happens", ""], [...events, ...aliases]);
}

/** The attributes of a family's events. */
export function attributesTable({ spec }: Subsystem): string {
  const all = Object.keys(spec.events);
  const rows = Object.entries(spec.attributes).map(([name, attribute]) => {
    const { type, words = [], doc, ticket = "volatile", events } = attribute;
    const others = all.filter((event) => events !== undefined && !events.includes(event));
    const few = others.length > all.length / 2 ? events!.join(", ") : `all but ${others.join(", ")}`;
    return [
      `\`${name}\``,
      words.length === 0 ? type : `${type}: ${words.join(", ")}`,
      doc,
      others.length === 0 ? "all" : few,
      operandsOf(name, attribute).map((operand) => `\`${operand}\``).join(", "),
      ticket,
    ];
  });
  return table(["attribute", "type", "what it says", "of", "operand", "ticket"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
