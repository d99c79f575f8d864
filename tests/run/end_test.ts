/** How a run ends: by the program, by snet's death, by signals; and what is left then. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import { until, within } from "../kernel/until.ts";
import { ALLOW_ALL, command, type How, run, type User, USERS } from "./program.ts";

/** A program that runs, with its lines as they come. Disposing of it kills it. */
class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  text = "";
  errors = "";
  #ended = false;

  constructor(argv: readonly string[], how: How) {
    this.#child = command(argv, how).spawn();
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>, take: (text: string) => void) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
    };
    this.#reading = Promise.all([
      read(this.#child.stdout, (text) => this.text += text),
      read(this.#child.stderr, (text) => this.errors += text),
    ]).then(() => void (this.#ended = true));
  }

  /** Of snet: what starts it becomes it. */
  get pid(): number {
    return this.#child.pid;
  }

  async line(pattern: RegExp): Promise<void> {
    await until(`${pattern} in what the program prints (${this.text} ${this.errors})`, () => {
      const found = pattern.test(this.text);
      if (!found && this.#ended) throw new Error(`it ended after ${this.text}${this.errors}`);
      return found;
    });
  }

  signal(name: Deno.Signal): void {
    this.#child.kill(name);
  }

  /** snet's end. */
  async status(): Promise<Deno.CommandStatus> {
    return await within("snet's end", this.#child.status);
  }

  /** When nobody has its output open any more: all its processes have ended. */
  async allEnded(): Promise<void> {
    await within(`the end of all processes, which printed ${this.text}`, this.#reading);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of [this.pid, ...descendants(this.pid)]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
    await this.#child.status;
    await this.#child.stdin.close().catch(() => {});
    await this.#reading;
  }
}

const python = (script: string) => ["/usr/bin/python3", "-c", script];

function alive(pid: number): boolean {
  try {
    // A zombie has ended: somebody only has to look at it.
    return !/^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

for (const user of USERS) {
  Deno.test(`end, as ${user}: when snet is killed, a program's next calls fail`, async () => {
    const loop = `
import errno, socket
server = socket.create_server(("127.0.0.1", 0))
print("begun", flush=True)
while True:
    try:
        socket.create_connection(server.getsockname()).close()
        server.accept()[0].close()
    except OSError as error:
        # accept was given 0: snet was killed while it handed the connection over, and the kernel does not see that.
        if error.errno == errno.ENOTSOCK: continue
        print(errno.errorcode[error.errno], flush=True)
        break
`;
    await using running = new Running(python(loop), { user, snet: ALLOW_ALL });
    await running.line(/begun/);
    running.signal("SIGKILL");
    await running.allEnded();
    equal(running.text, "begun\nENOSYS\n");
  });

  Deno.test(`end, as ${user}: when snet is killed, calls that wait end too`, async () => {
    const wait = `
import errno, socket, threading
def attempt(name, work):
    try:
        work()
        print(name, "done", flush=True)
    except OSError as error:
        print(name, errno.errorcode[error.errno], flush=True)
server = socket.create_server(("127.0.0.1", 0), backlog=0)
address = server.getsockname()
for _ in range(4):
    one = socket.socket()
    one.setblocking(False)
    one.connect_ex(address)
    globals().setdefault("keep", []).append(one)
idle = socket.create_server(("127.0.0.1", 0))
threads = [threading.Thread(target=attempt, args=("accept", idle.accept)), threading.Thread(target=attempt, args=("connect", lambda: socket.socket().connect(address)))]
for one in threads: one.start()
print("begun", flush=True)
for one in threads: one.join()
`;
    await using running = new Running(python(wait), { user, snet: ALLOW_ALL });
    await running.line(/begun/);
    await inCalls(running.pid, ["42", "288"]);
    running.signal("SIGKILL");
    await running.allEnded();
    deepEqual(running.text.trim().split("\n").sort(), ["accept ENOSYS", "begun", "connect ENOSYS"]);
  });

  Deno.test(`end, as ${user}: what the program leaves behind is ended with it`, async () => {
    const { pid, code } = await leaving("sleep 1000 & echo $!; exit 4", user);
    equal(code, 4);
    ok(!alive(pid));
  });

  Deno.test(`end, as ${user}: a daemon that has left its session is ended too`, async () => {
    const { pid } = await leaving("setsid sh -c 'sleep 1000 & echo $!' & wait", user);
    ok(!alive(pid));
  });

  Deno.test(`end, as ${user}: what ignores SIGTERM is killed`, async () => {
    const { pid } = await leaving(
      `sh -c 'trap "" TERM; echo $$; while :; do sleep 1000; done' &
      sleep 0.1; exit`,
      user,
    );
    ok(!alive(pid));
  });

  Deno.test(`end, as ${user}: with --wait it is left to end by itself`, async () => {
    const script = ["sh", "-c", "(read line; echo late $line) <&3 & echo early"];
    const shell = (held: readonly string[]) =>
      run(["bash", "-c", `exec 3< <(sleep 0.3; echo enough); exec "$@"`, "bash", ...script], {
        user,
        snet: held,
      });
    equal((await shell([...ALLOW_ALL, "--wait"])).stdout, "early\nlate enough\n");
    equal((await shell(ALLOW_ALL)).stdout, "early\n");
  });
}

/** Waits until some descendants' threads are in these system calls. */
async function inCalls(pid: number, numbers: readonly string[]): Promise<void> {
  await until(`threads in the system calls ${numbers}`, () => {
    const found = new Set<string>();
    for (const child of descendants(pid)) {
      for (const task of entries(`/proc/${child}/task`)) {
        const [number = ""] = text(`/proc/${child}/task/${task}/syscall`).split(" ");
        found.add(number);
      }
    }
    // accept(2) by its older number, or by accept4.
    if (found.has("43")) found.add("288");
    return numbers.every((number) => found.has(number));
  });
}

function text(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function entries(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name);
  } catch {
    return [];
  }
}

function descendants(pid: number): number[] {
  const children = entries(`/proc/${pid}/task`)
    .flatMap((task) => text(`/proc/${pid}/task/${task}/children`).split(" ").filter(Boolean).map(Number));
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** Runs a shell that prints the pid of what it leaves behind. */
async function leaving(script: string, user: User): Promise<{ pid: number; code: number }> {
  const { stdout, code } = await run(["sh", "-c", script], { user, snet: ALLOW_ALL });
  const pid = Number(stdout.trim());
  ok(pid > 0, stdout);
  return { pid, code };
}

Deno.test("end: signals to snet are the program's", async () => {
  const script = `
import signal, sys
def handle(number, _):
    print(signal.Signals(number).name, flush=True)
    if number == signal.SIGTERM: sys.exit(3)
for number in signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2: signal.signal(number, handle)
print("begun", flush=True)
while True: signal.pause()
`;
  await using running = new Running(python(script), { snet: ALLOW_ALL });
  await running.line(/begun/);
  for (const name of ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTERM"] as const) {
    running.signal(name);
    await running.line(new RegExp(name));
  }
  equal((await running.status()).code, 3);
});

Deno.test("end: a signal that the program dies of is snet's end too", async () => {
  await using running = new Running(["sh", "-c", "echo begun; exec sleep 1000"], { snet: ALLOW_ALL });
  await running.line(/begun/);
  running.signal("SIGTERM");
  const { signal } = await running.status();
  equal(signal, "SIGTERM");
});

Deno.test("end: without a terminal, a program that stops itself goes on when it is continued", async () => {
  await using running = new Running(["sh", "-c", "echo $$; kill -STOP $$; echo went on; exit 6"], {
    snet: ALLOW_ALL,
  });
  await running.line(/\d+\n/);
  const pid = Number(running.text.trim());
  await until("the program's being stopped", () => /^State:\tT/m.test(text(`/proc/${pid}/status`)));
  Deno.kill(pid, "SIGCONT");
  equal((await running.status()).code, 6);
  match(running.text, /went on/);
});

Deno.test("end: a program that cannot reach its terminal any more is no reason to hang", async () => {
  // Output that nobody reads.
  const { code } = await run(["sh", "-c", "exec >&- 2>&- <&-; exit 9"], { snet: ALLOW_ALL });
  equal(code, 9);
});
