/** A program that does as it is told, for tests: Python, given one piece of code after the other. */

/**
 * Answers each line (JSON: code, and the thread that is to run it) with a line: what the code has left in `answer`.
 * A first line comes when it is ready.
 */
const PROGRAM = `
import ctypes, json, os, queue, signal, socket, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
PROGRAM = sys.orig_argv[sys.orig_argv.index("-c") + 1]
queues = {}

def run(code):
    try:
        exec(code, globals())
        answer = globals().pop("answer", None)
    except BaseException as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)

def again(*more):
    os.execv(sys.executable, [sys.executable, "-c", PROGRAM, *more])

def start():
    known = queue.Queue()
    def work():
        queues[threading.get_native_id()] = known
        known.ready.set()
        while True: run(known.get())
    known.ready = threading.Event()
    threading.Thread(target=work, daemon=True).start()
    known.ready.wait()
    return next(tid for tid, one in queues.items() if one is known)

def listen():
    print(json.dumps(threading.get_native_id()), flush=True)
    for line in iter(sys.stdin.readline, ""):
        code, tid = json.loads(line)
        if tid in queues: queues[tid].put(code)
        else: run(code)

listen()
`;

/** How a child is started. */
export interface ChildOptions {
  /** Put before the interpreter: `unshare --user` and the like. */
  readonly by?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** The running program; `await using` ends it. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts it and waits until it listens. */
  static async start({ by = [], ...ids }: ChildOptions = {}): Promise<Child> {
    const [command, ...args] = [...by, "/usr/bin/python3", "-c", PROGRAM];
    const process = new Deno.Command(command!, { args, stdin: "piped", stdout: "piped", ...ids }).spawn();
    const child = new Child(process);
    await child.#answer();
    return child;
  }

  /** Process id of what was started. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Runs Python code, in the thread `tid` if given, and gives what it leaves in `answer`. */
  async run(code: string, tid = 0): Promise<unknown> {
    await this.#input.write(new TextEncoder().encode(`${JSON.stringify([code, tid])}\n`));
    const answer = await this.#answer();
    if (typeof answer === "object" && answer !== null && "error" in answer) {
      throw new Error(`${code}: ${answer.error}`);
    }
    return answer;
  }

  /** As {@linkcode run}, where the answer is a number. */
  async number(code: string, tid = 0): Promise<number> {
    return Number(await this.run(code, tid));
  }

  /** Kills it and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
    await this.#input.close().catch(() => {});
    await this.#lines.cancel();
  }

  async #answer(): Promise<unknown> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("the child has ended");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return JSON.parse(line);
  }
}
