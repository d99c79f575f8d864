/** Names and comments of generated code. */

/** `payload-max` → `PAYLOAD_MAX`. */
export function upper(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** `payload-max` → `payload_max`. */
export function snake(name: string): string {
  return name.replaceAll("-", "_");
}

/** `payload-max` → `PayloadMax`. */
export function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `payload-max` → `payloadMax`. */
export function camel(name: string): string {
  const words = pascal(name);
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** Breaks a text into lines of at most `width` columns between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = "";
    }
    line += line ? ` ${word}` : word;
  }
  return line ? [...lines, line] : lines;
}

/** Aligns the value of a C line at a column, with tabs of eight. */
export function aligned(name: string, value: string, column: number): string {
  const tabs = Math.max(1, Math.ceil((column - name.length) / 8));
  return `${name}${"\t".repeat(tabs)}${value}`;
}
