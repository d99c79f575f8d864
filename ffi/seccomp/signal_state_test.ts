import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { close } from "../libc.ts";
import { Child } from "./child.ts";
import { openFolder } from "./procfs.ts";
import { hasStoppedThread, type SignalState, signalState } from "./signal_state.ts";

const SIGUSR1 = 10;
const SIGUSR2 = 12;
const SIGALRM = 14;

function bit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

function stateOf(tid: number): SignalState {
  const procfs = openFolder(`/proc/${tid}`);
  const state = signalState(procfs);
  close(procfs);
  ok(state);
  return state;
}

Deno.test("signals that wait, are blocked, ignored or caught are told", async () => {
  await using child = await Child.start();
  const tid = await child.number("answer = start()");
  await child.run(`
for number in (${SIGUSR1}, ${SIGALRM}): signal.signal(number, lambda *_: None)
signal.signal(${SIGUSR2}, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [${SIGUSR1}, ${SIGALRM}])`);
  await child.run(`signal.pthread_sigmask(signal.SIG_BLOCK, [${SIGUSR1}, ${SIGALRM}])`, tid);
  await child.run(`os.kill(os.getpid(), ${SIGUSR1})
signal.pthread_kill(threading.get_ident(), ${SIGALRM})`);
  const { ignored, caught, ...state } = stateOf(child.pid);
  deepStrictEqual(state, {
    pid: child.pid,
    threads: 2,
    pending: bit(SIGALRM),
    sharedPending: bit(SIGUSR1),
    blocked: bit(SIGUSR1) | bit(SIGALRM),
  });
  ok(ignored & bit(SIGUSR2));
  ok(!(ignored & bit(SIGUSR1)));
  equal(caught & (bit(SIGUSR1) | bit(SIGUSR2)), bit(SIGUSR1));
  const other = stateOf(tid);
  equal(other.pid, child.pid);
  equal(other.pending, 0n, "that was sent to the first thread");
  equal(other.sharedPending, bit(SIGUSR1));
});

Deno.test("a process has a stopped thread from SIGSTOP to SIGCONT", async () => {
  await using child = await Child.start();
  await child.run("start()");
  equal(hasStoppedThread(child.pid), false);
  Deno.kill(child.pid, "SIGSTOP");
  while (!hasStoppedThread(child.pid)) await Promise.resolve();
  Deno.kill(child.pid, "SIGCONT");
  equal(await child.run("answer = 1"), 1);
  equal(hasStoppedThread(child.pid), false);
});

Deno.test("a thread that is gone has no signals and is not stopped", async () => {
  let procfs = 0;
  let pid = 0;
  {
    await using child = await Child.start();
    pid = child.pid;
    procfs = openFolder(`/proc/${pid}`);
  }
  equal(signalState(procfs), undefined);
  equal(hasStoppedThread(pid), false);
  close(procfs);
});
