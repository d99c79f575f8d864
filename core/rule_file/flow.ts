/** Where a YAML collection in brackets or braces ends: the parser tells only where things begin. */

/** The end of a flow collection. */
export interface FlowEnd {
  /** Of its closing bracket. */
  readonly close: number;
  /** Behind the last thing within it that is no comment; behind the opening bracket where there is none. */
  readonly lastEnd: number;
  /** Whether that last thing is a comma. */
  readonly comma: boolean;
}

const BLANK = /\s+/y;
const QUOTED = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/ys;
// A plain text may hold quotes, colons and hashes; a comment begins behind a space, a value behind a colon and a space.
const PLAIN = /[^\s,[\]{}:"'](?:[^\s,[\]{}:]|:(?![\s,[\]{}])|[ \t]+(?![\s#,[\]{}:]))*/y;
const COMMENT = /#[^\r\n]*/y;

/** The end of the collection whose bracket or brace stands at `open`; undefined where it has none. */
export function endOfFlow(text: string, open: number): FlowEnd | undefined {
  const closers: string[] = [];
  let lastEnd = open + 1;
  for (let at = open; at < text.length;) {
    const blank = matchAt(BLANK, text, at);
    at += blank;
    const isComment = text[at] === "#" && (blank > 0 || at === 0);
    if (isComment) {
      at += matchAt(COMMENT, text, at);
      continue;
    }
    const char = text[at];
    if (char === "[" || char === "{") closers.push(char === "[" ? "]" : "}");
    else if (char === "]" || char === "}") {
      if (closers.pop() !== char) return undefined;
      if (closers.length === 0) return { close: at, lastEnd, comma: text[lastEnd - 1] === "," };
    }
    at += matchAt(QUOTED, text, at) || matchAt(PLAIN, text, at) || 1;
    lastEnd = at;
  }
  return undefined;
}

/** The end of the text in quotes that begins at `at`; undefined where none does. */
export function endOfQuoted(text: string, at: number): number | undefined {
  const length = matchAt(QUOTED, text, at);
  return length === 0 ? undefined : at + length;
}

/** Length of what a sticky expression finds there. */
function matchAt(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.test(text) ? expression.lastIndex - at : 0;
}
