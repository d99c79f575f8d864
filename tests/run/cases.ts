/** What a program of cases (probe/cases.h) printed: the lines of each case, by its name. */
export function casesOf(end: { readonly stdout: string; readonly stderr: string }): Map<string, string[]> {
  const cases = new Map<string, string[]>();
  for (const line of (end.stdout + end.stderr).trimEnd().split("\n")) {
    const at = line.indexOf(": ");
    const name = line.slice(0, at);
    cases.set(name, [...cases.get(name) ?? [], line.slice(at + 2)]);
  }
  return cases;
}
