/** One program from its start to its end: the filter, the reactor that answers its calls, and who is asked. */

import { basename } from "node:path";
import { becomeUndumpable, CallThread, utf8 } from "../../ffi/mod.ts";
import type { BuiltIn } from "../cli/builtin.ts";
import { printableWord } from "../cli/describe.ts";
import type { Output } from "../cli/output.ts";
import { printable } from "../cli/text.ts";
import { systemContext } from "../context.ts";
import { Reactor, type SeccompSpec } from "../reactor.ts";
import { Ring } from "../ring.ts";
import { closeLinks } from "../setup.ts";
import { inTime } from "./in_time.ts";
import { checkCommand, launch, type Launched, ownArguments } from "./launch.ts";
import { checkLearnFile } from "./learn.ts";
import { saveLearned } from "./learn_report.ts";
import type { RunOptions } from "./options.ts";
import type { RunPage } from "./page.ts";
import { Record } from "./record.ts";
import { type RunChain, runChain } from "./run_chain.ts";
import { statsLines } from "./stats.ts";
import { type ExitStatus, supervise } from "./supervise.ts";
import { ControllingTerminal } from "./tty.ts";

/** Some 8,000 observations: what a flood brings between two looks of the main thread. */
const RING_BYTES = 4 * 1024 * 1024;

/** Tells whoever runs the program something, in one line. */
type Say = (line: string) => void;

/**
 * Runs the last `words` arguments of this process as a program; returns its exit code. Where a signal ended it, this
 * process ends by the same.
 *
 * Throws a ConfigError for rules that are wrong, a LaunchError where the program cannot be executed or supervised, and
 * an Error of one line for everything else; then the program has not run, or what was learned of it cannot be written.
 */
export async function runProgram(
  words: number,
  options: RunOptions,
  builtIn: BuiltIn,
  output: Output,
): Promise<number> {
  const say = (line: string) => output.error(`snet: ${printable(line)}`);
  // It starts while the rules are read.
  using early = new DisposableStack();
  const thread = early.use(new CallThread());
  if (options.learn !== undefined) await checkLearnFile(options.learn);
  const command = ownArguments(words);
  await using page = options.web === true ? await openPage(command, builtIn, output) : undefined;
  const context = systemContext();
  const chain = runChain(options, await builtIn.plugins(), context, say, page?.address);
  const ring = Ring.ofSize(RING_BYTES);
  const record = new Record(options, chain, ring, output);
  // Until its link was opened there is no program that could find it.
  await page?.show({ command, chain, record, ring, context, delay: options.delay });
  const program = await launch({
    argv: command,
    filter: { events: chain.events, sendAll: options.sendAll === true, ioUring: options.ioUring },
    landlock: true,
    say,
    thread,
  });
  const status = await answerCalls({ program, chain, ring, record, options, builtIn, page, output, say });
  if (chain.learner !== undefined) {
    const saved = await saveLearned(options.learn!, chain.learner, command);
    if (options.quiet !== true) say(saved);
  }
  return status.repeat();
}

/** What a run consists of. */
interface Run {
  readonly program: Launched;
  readonly chain: RunChain;
  readonly ring: Ring;
  readonly record: Record;
  readonly options: RunOptions;
  readonly builtIn: BuiltIn;
  readonly page: RunPage | undefined;
  readonly output: Output;
  readonly say: Say;
}

async function openPage(
  command: readonly Uint8Array[],
  { openPage: open }: BuiltIn,
  output: Output,
): Promise<RunPage> {
  if (open === undefined) throw new Error("This program has no page to serve");
  checkCommand(command);
  // Links and sessions are in its memory from now on, before there is a program to be kept from it.
  becomeUndumpable();
  const { ownAddress, RunPage } = await import("./page.ts");
  const terminal = new ControllingTerminal();
  const parts = {
    open,
    program: printableWord(basename(utf8(command[0]!))),
    tell: (line: string) => output.error(`snet: ${line}`),
    tellTerminal: (line: string) => terminal.say(line),
  };
  return await RunPage.open(parts, ownAddress());
}

/** From the program's first call to the last of what it has started. */
async function answerCalls(run: Run): Promise<ExitStatus> {
  const { program, chain, ring, record, options, builtIn, page, output, say } = run;
  using _program = { [Symbol.dispose]: () => program.close() };
  using _plugins = { [Symbol.dispose]: () => closeLinks([...chain.links, ...chain.slow]) };
  const reactor = await Reactor.start(chain.prepared, {
    ring,
    spawn: () => builtIn.spawnReactor(),
    source: sourceOf(program, chain, options),
    slow: chain.slow,
    onFailure: (plugin, message) => say(`plugin "${plugin}" failed, and its calls are denied: ${message}`),
    onRestart: () => {},
    onNotice: say,
  });
  void reactor.broken.then((why) => say(`snet broke, and all calls fail from now on: ${why.message}`));
  page?.begin(reactor);
  try {
    await program.go();
    const status = await supervise(program, { wait: options.wait === true, say });
    const counts = await inTime(PATIENCE, reactor.counts());
    await record.close();
    if (options.stats && counts !== undefined) {
      statsLines(counts, chain).forEach((line) => output.error(line));
    }
    return status;
  } finally {
    await inTime(PATIENCE, reactor.stop());
  }
}

/**
 * Milliseconds in which the reactor's thread does what it is told. A program can make it wait, as by a socket that turns
 * blocking within a call (ffi/seccomp/connect.ts): snet ends with the program all the same.
 */
const PATIENCE = 1000;

function sourceOf(program: Launched, { events }: RunChain, options: RunOptions): SeccompSpec {
  const { payload, delay } = options;
  const { listener, waitKillable } = program;
  return {
    kind: "seccomp",
    listener,
    waitKillable,
    events,
    sendAll: options.sendAll === true,
    payload,
    delay,
  };
}
