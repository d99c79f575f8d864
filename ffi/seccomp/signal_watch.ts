/**
 * Which of the threads that wait in a call are wanted by a signal. With WAIT_KILLABLE_RECV only a fatal one wakes them;
 * for the others somebody must look, and end the call so that the kernel runs the handler, or stops the process.
 */

import type { InterceptedCall } from "./held_call.ts";
import { hasEndedChild, hasStoppedThread, type SignalState, signalState } from "./signal_state.ts";

interface Looked {
  readonly call: InterceptedCall;
  readonly state: SignalState;
  /** Signals of the process that this thread would take. */
  readonly shared: bigint;
}

/**
 * Those that a signal wants among the calls, all of which are held. A thread is told only where it is certain that it is
 * the one the kernel has chosen: to another, the answer that restarts the call would be an errno that no program knows.
 */
export function wantedBySignals(calls: readonly InterceptedCall[]): InterceptedCall[] {
  const looked = calls.flatMap((call): Looked[] => {
    const state = signalState(call.task.procfs);
    return state === undefined ? [] : [{ call, state, shared: takes(state, state.sharedPending) }];
  });
  const stopped = new Map<number, boolean>();
  const wanted = looked.filter((one) => isWanted(one, looked, stopped)).map(({ call }) => call);
  for (const { call, shared } of looked) call.seenSignals = shared;
  return wanted;
}

function takes({ blocked, ignored }: SignalState, signals: bigint): bigint {
  return signals & ~blocked & ~ignored;
}

function isWanted(one: Looked, all: readonly Looked[], stopped: Map<number, boolean>): boolean {
  const { state, shared, call } = one;
  if (takes(state, state.pending) !== 0n) return true;
  if (state.threads === 1) return shared !== 0n;
  // A thread that runs takes a signal of its process at once: what is still there at the next look is for one that
  // cannot.
  const left = shared & call.seenSignals;
  if (left !== 0n && isChosen(one, left, all)) return true;
  let isStopped = stopped.get(state.pid);
  if (isStopped === undefined) stopped.set(state.pid, isStopped = hasStoppedThread(state.pid));
  return isStopped;
}

/** Bit of SIGCHLD. */
const CHILD = 1n << 16n;

/**
 * Any thread that takes the signal; of several that which the signal was sent to, if it takes it (complete_signal() of
 * kernel/signal.c): the first thread, but SIGCHLD goes to the thread that has started the child.
 */
function isChosen({ call, state }: Looked, signals: bigint, all: readonly Looked[]): boolean {
  const others = all.filter((other) =>
    other.call !== call && other.state.pid === state.pid && (other.shared & signals) !== 0n
  );
  if (others.length === 0) return true;
  if (signals !== CHILD) return call.tid === state.pid;
  return hasEndedChild(state.pid, call.tid) &&
    !others.some((other) => hasEndedChild(state.pid, other.call.tid));
}
