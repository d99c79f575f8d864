/** `snet ask`: the questions that wait for people, and their answers. */

import {
  type Answered,
  type AnswerJson,
  answerPath,
  type AnswerScope,
  PATHS,
  type QuestionChange,
  type QuestionList,
} from "../control/api.ts";
import { parseDuration } from "../duration.ts";
import { answeredLine, changeTeller, questionLines } from "./ask/table.ts";
import { ControlClient, RefusedError } from "./client.ts";
import { CommandError, ExitCode } from "./exit.ts";
import { safeJson } from "./json.ts";
import { type Output, printJson } from "./output.ts";
import { canFillTerminal, plain } from "./terminal.ts";

/** Options of the inbox. */
export interface AskOptions {
  readonly bell?: boolean;
  /** False for `--no-color`. */
  readonly color: boolean;
  readonly socket: string;
}

/** Options of what only shows. */
export interface ShowOptions {
  readonly json?: boolean;
  readonly socket: string;
}

/** Options of an answer. */
export interface AnswerOptions extends ShowOptions {
  /** A duration. */
  readonly for?: string;
  readonly untilExit?: boolean;
  readonly children?: boolean;
  readonly always?: boolean;
  readonly scope?: AnswerScope;
  readonly revision?: number;
}

/** The inbox at a terminal that can show one; elsewhere what waits, as a list. */
export async function ask(options: AskOptions, output: Output): Promise<void> {
  if (canFillTerminal()) {
    const { runInbox } = await import("./ask/session.ts");
    const paint = options.color ? output.paint : plain;
    if (await runInbox({ socket: options.socket, bell: options.bell === true, paint })) return;
  }
  await list({ socket: options.socket }, output);
}

/** Lists what waits. */
export async function list(options: ShowOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const { questions } = await client.get<QuestionList>(PATHS.questions);
  if (options.json) return printJson(output, questions);
  if (questions.length === 0) return output.line("No question waits.");
  for (const line of questionLines(questions, Date.now(), output.width)) output.line(line);
}

/** Shows questions as they come and end, until the daemon ends. */
export async function watchQuestions(options: ShowOptions, output: Output): Promise<void> {
  using client = new ControlClient(options.socket);
  const tell = changeTeller();
  for await (const change of client.events<QuestionChange>(PATHS.questionEvents)) {
    if (options.json) output.line(safeJson(change));
    else tell(change).forEach((line) => output.line(line));
  }
  throw new CommandError("The daemon ended");
}

/** Answers questions, each by its id. Throws a CommandError for the first that cannot be; the others are tried all the same. */
export async function answer(
  action: "allow" | "deny",
  ids: readonly string[],
  options: AnswerOptions,
  output: Output,
): Promise<void> {
  const words = answerJson(action, options);
  using client = new ControlClient(options.socket);
  const failures: CommandError[] = [];
  for (const id of ids) {
    try {
      const answered = await client.post<Answered>(answerPath(encodeURIComponent(id)), words);
      output.line(options.json ? safeJson(answered) : answeredLine(answered, Date.now()));
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (!(error instanceof RefusedError)) throw error;
      failures.push(new CommandError(ids.length > 1 ? `${id}: ${error.reason}` : error.reason));
    }
  }
  const last = failures.pop();
  for (const { message } of failures) output.error(`snet: ${message}`);
  if (last !== undefined) throw last;
}

/** An answer in the daemon's words. Throws a CommandError where options contradict each other. */
export function answerJson(action: "allow" | "deny", options: AnswerOptions): AnswerJson {
  const { untilExit, always, children, scope, revision } = options;
  const time = options.for === undefined ? undefined : duration(options.for);
  const lasts = time !== undefined ? "time" : untilExit ? "process" : always ? "always" : "once";
  if (children && lasts !== "process") throw wrong("--children goes with --until-exit");
  if (scope !== undefined && lasts === "once") {
    throw wrong(
      "--scope goes with --for, --until-exit or --always: an answer for once is for the calls that wait",
    );
  }
  return {
    action,
    lasts,
    ...time !== undefined && { time },
    ...children && { children },
    ...scope !== undefined && { scope },
    ...revision !== undefined && { revision },
  };
}

function duration(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    throw wrong(`--for: ${(error as Error).message}`);
  }
}

function wrong(message: string): CommandError {
  return new CommandError(message, ExitCode.usage);
}
