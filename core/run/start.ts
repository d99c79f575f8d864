/**
 * How snet itself was started, to the byte: what it starts is to find the same. Deno's own view of it is lossy (texts that
 * are no UTF-8) or late (limits and signals that it has changed).
 */

import { fileURLToPath } from "node:url";
import { readFileSync, readlinkSync } from "node:fs";
import { blockedSignals, Signal, signalBit } from "../../ffi/mod.ts";

/** What a process is started with. */
export interface Start {
  /** Words behind snet's own name. */
  readonly words: readonly Uint8Array[];
  /** NAME=value, in order. */
  readonly environment: readonly Uint8Array[];
  /** Soft limit of open files; undefined where it cannot be told. */
  readonly openFiles: bigint | undefined;
  /** Signals that are ignored, as a mask. */
  readonly ignored: bigint;
  /** Signals that are blocked, as a mask. */
  readonly blocked: bigint;
}

let own: Start | undefined;

/**
 * How this process was started. The first call must come before anybody listens to signals, and before snet closes its
 * files in /proc (`becomeUndumpable`). Throws an Error where there is no /proc.
 */
export function ownStart(): Start {
  return own ??= readStart();
}

/** The last words of snet's own command line. */
export function ownArguments(count: number): readonly Uint8Array[] {
  const { words } = ownStart();
  return words.slice(words.length - count);
}

function readStart(): Start {
  const recorded = recordedStart();
  return {
    words: texts(readFileSync("/proc/self/cmdline")).slice(-Deno.args.length || Infinity),
    environment: texts(readFileSync("/proc/self/environ")),
    openFiles: recorded?.openFiles,
    ignored: recorded?.ignored ?? ignoredNow() & ~signalBit(Signal.PIPE),
    blocked: blockedSignals(),
  };
}

/** What the entry of dist/snet noted before deno changed it (core/package/stub.c): in the name of the program's memory. */
function recordedStart(): { openFiles: bigint; ignored: bigint } | undefined {
  const memory = linkOf(Deno.mainModule);
  const [, openFiles, ignored] = /^\/memfd:snet\.js nofile=(\d+) ignored=(\d+) /.exec(memory) ?? [];
  if (openFiles === undefined || ignored === undefined) return undefined;
  return { openFiles: BigInt(openFiles), ignored: BigInt(ignored) };
}

function linkOf(module: string): string {
  try {
    return readlinkSync(fileURLToPath(module));
  } catch {
    return ""; // an ordinary file: snet is run from its sources
  }
}

function ignoredNow(): bigint {
  const status = readFileSync("/proc/self/status", "utf8");
  return BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
}

const NUL = 0;

/** Texts that each end with a NUL. */
export function texts(bytes: Uint8Array): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const nul = bytes.indexOf(NUL, start);
    const end = nul < 0 ? bytes.length : nul;
    all.push(bytes.slice(start, end));
    start = end + 1;
  }
  return all;
}
