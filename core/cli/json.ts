/** JSON that is safe to look at in a terminal. */

// JSON.stringify escapes C0 controls and lone surrogates; these are the others that a terminal might act on.
const unsafe = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * The value as JSON in which every control and format character is escaped; it parses to the same value.
 * `indent` 0 gives one line.
 */
export function safeJson(value: unknown, indent = 0): string {
  const text = JSON.stringify(value, (_key, each) => typeof each === "bigint" ? String(each) : each, indent);
  return text.replace(
    unsafe,
    (character) =>
      character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}
