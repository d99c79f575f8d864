/** `snet plugins test`: runs tests of plugins, by the deno that is inside this program. */

import { Workshop } from "../../kit/workshop.ts";
import { CommandError, ExitCode } from "../exit.ts";
import { type Output, printJson } from "../output.ts";

/** Options of the command. */
export interface TestOptions {
  readonly filter?: string;
  readonly json?: boolean;
}

/** One test of a report. */
interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly outcome: "passed" | "failed" | "ignored";
  /** Why it failed. */
  readonly why?: string;
}

/** Runs the tests of these files, or all below the present folder. Throws a CommandError where one fails. */
export async function runTests(
  files: readonly string[],
  options: TestOptions,
  output: Output,
): Promise<void> {
  for (const file of files) {
    await Deno.stat(file).catch(() => {
      throw new CommandError(`There is no file ${file}`);
    });
  }
  using workshop = await Workshop.open();
  const filter = options.filter === undefined ? [] : [`--filter=${options.filter}`];
  const report = workshop.path("report.xml");
  const words = [
    "--allow-all",
    "--no-prompt",
    // Whether there were any is for the report to say.
    "--permit-no-files",
    ...filter,
    `--junit-path=${report}`,
    ...(files.length > 0 ? files.map(asPath) : ["."]),
  ];
  const isColoured = output.paint("good", "x") !== "x";
  const { code, text } = await workshop.run("test", words, options.json ? "piped" : "inherit", isColoured);
  const tests = resultsOf(await Deno.readTextFile(report).catch(() => ""));
  // Those that a filter leaves out are in the report too.
  const none = options.filter === undefined
    ? tests.length === 0
    : tests.every(({ outcome }) => outcome === "ignored");
  if (code === 0 && none) {
    const named = options.filter === undefined ? "" : ` whose name has "${options.filter}"`;
    throw new CommandError(
      `there is no test${named} in ${files.join(", ") || "the *_test.ts files here and below"}`,
    );
  }
  if (options.json) {
    // Without a report it did not come to the tests: what it said is why.
    printJson(output, {
      ok: code === 0,
      tests,
      ...(code !== 0 && tests.length === 0 && { error: text.trim() }),
    });
  }
  // What failed has been said already.
  if (code !== 0) throw new CommandError("", ExitCode.failed);
}

/** A name that begins with - is no option. */
function asPath(file: string): string {
  return file.startsWith("-") ? `./${file}` : file;
}

/** The tests of a report as JUnit writes it. */
export function resultsOf(report: string): readonly TestResult[] {
  return [...report.matchAll(/<testcase ([^>]*?)(\/>|>([^]*?)<\/testcase>)/g)].map(
    ([, attributes, , body = ""]) => {
      const value = (name: string) =>
        unescape(new RegExp(` ?${name}="([^"]*)"`).exec(attributes!)?.[1] ?? "");
      const failure = /<(?:failure|error)[^>]*?(?:\/>|>([^]*?)<\/(?:failure|error)>)/.exec(body);
      return {
        file: value("classname"),
        name: value("name"),
        outcome: failure !== null ? "failed" : body.includes("<skipped") ? "ignored" : "passed",
        ...(failure !== null && { why: unescape(failure[1] ?? "").trim() }),
      };
    },
  );
}

function unescape(text: string): string {
  const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(
    /&(?:#x?([0-9a-fA-F]+)|(\w+));/g,
    (whole, code, name) =>
      name !== undefined
        ? characters[name] ?? whole
        : String.fromCodePoint(parseInt(code, whole.startsWith("&#x") ? 16 : 10)),
  );
}
