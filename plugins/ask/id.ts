/** Names of questions. */

/** Crockford's base 32: nothing in it looks like something else. */
const LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";

/** Eight letters and digits by chance: an answer to a question of before a restart meets no other one. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => LETTERS[byte % LETTERS.length]).join(
    "",
  );
}
