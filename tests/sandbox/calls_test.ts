/** What a program in the sandbox tries by system calls, beside the same program of the same user without one. */

import { deepEqual, equal, ok } from "node:assert/strict";
import { close, errnoName, socket, SocketType } from "../../ffi/mod.ts";
import { planOf, userOf } from "../../core/sandbox/plan.ts";
import { PluginProcess } from "../../core/sandbox/process.ts";
import { SYSTEM_TIMERS } from "../../core/sandbox/timers.ts";
import type { Grants } from "../../core/sandbox/mod.ts";
import { builtProgram, Bystander, Place, specOf } from "./place.ts";

type Results = Readonly<Record<string, string>>;

/** What no other user could do here either: nothing shows that it is the sandbox that refuses it. */
const NOT_SHOWN = ["alg_socket", "forge_image", "x32_call"];
/** What a plugin may do. */
const ALLOWED = ["stream_pair"];

function resultsOf(lines: readonly string[]): Results {
  return Object.fromEntries(
    lines.filter((line) => line !== "").map((line) => {
      const [name = "", result = ""] = line.split(" ");
      return [name, result === "ok" ? "ok" : errnoName(Number(result))];
    }),
  );
}

const libc = Deno.dlopen("libc.so.6", {
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
}).symbols;

/** A bound socket (AF_UNIX, SOCK_DGRAM), which Deno makes by unstable functions only. */
function datagramSocket(path: string): number {
  const address = new TextEncoder().encode(`\x01\0${path}\0`);
  const fd = socket(1, SocketType.Datagram, 0);
  equal(libc.bind(fd, address, address.length), 0);
  return fd;
}

/** Files and servers that the program tries to reach, and its arguments. */
class Targets implements AsyncDisposable {
  readonly place = new Place();
  readonly #tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #stream = Deno.listen({ transport: "unix", path: this.place.path("stream") });
  readonly #datagram = datagramSocket(this.place.path("datagram"));
  readonly #folder = this.place.makeFolder("folder");
  readonly #bystander: Bystander;

  constructor(uid: number) {
    Deno.chmodSync(this.place.path("stream"), 0o777);
    Deno.chmodSync(this.place.path("datagram"), 0o777);
    this.#bystander = new Bystander(uid);
    this.fill(uid);
  }

  /** Files of the user's own. */
  fill(uid: number): void {
    Deno.chownSync(this.#folder, uid, uid);
    for (const { name } of [...Deno.readDirSync(this.#folder)]) {
      Deno.removeSync(`${this.#folder}/${name}`, { recursive: true });
    }
    for (const name of ["file", "old", "gone"]) {
      this.place.write(`folder/${name}`, "x");
      Deno.chownSync(`${this.#folder}/${name}`, uid, uid);
    }
  }

  get port(): number {
    return this.#tcp.addr.port;
  }

  words(port = this.port): string[] {
    return [
      ...[`${this.#folder}/file`, this.#folder, String(this.#bystander.pid), String(port)],
      ...[
        // Nobody needs to listen where UDP connects.
        "9",
        this.place.path("stream"),
        this.place.path("datagram"),
      ],
    ];
  }

  get otherPort(): number {
    return this.#other.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#tcp, this.#other, this.#stream]) server.close();
    close(this.#datagram);
    await this.#bystander[Symbol.asyncDispose]();
    this.place[Symbol.dispose]();
  }
}

async function unconfined(program: string, words: readonly string[], uid: number): Promise<Results> {
  const { stdout, stderr } = await new Deno.Command(program, { args: [...words], uid, gid: uid, cwd: "/" })
    .output();
  equal(new TextDecoder().decode(stderr), "");
  return resultsOf(new TextDecoder().decode(stdout).split("\n"));
}

async function confined(
  program: string,
  words: readonly string[],
  grants: Partial<Grants> = {},
): Promise<Results> {
  const lines: string[] = [];
  const ended = Promise.withResolvers<string>();
  const plan = planOf(specOf({ exec: [program, ...words] }, { grants }), Deno.pid);
  new PluginProcess(plan, {
    line: (line) => lines.push(line),
    tooLong: () => {},
    logged: (line) => void lines.push(line),
    overMemory: () => {},
    overCpu: () => {},
    ended: ended.resolve,
  }, { timers: SYSTEM_TIMERS, own: builtProgram() });
  equal(await ended.promise, "ended with exit code 0");
  return resultsOf(lines);
}

const user = userOf("hostile");
const isRoot = Deno.uid() === 0;

Deno.test(
  { name: "sandbox: no system call reaches out of it that does without", ignore: !isRoot },
  async () => {
    await using targets = new Targets(user);
    const program = await targets.place.compile("calls");
    const asUser = await unconfined(program, targets.words(), user);
    targets.fill(user);
    const asRoot = await unconfined(program, targets.words(), 0);
    targets.fill(user);
    const inside = await confined(program, targets.words());

    const names = Object.keys(asUser);
    ok(names.length > 60, `${names.length} attempts`);
    deepEqual(Object.keys(inside), names, "it ended early");
    const shown = names.filter((name) => asUser[name] === "ok" || asRoot[name] === "ok");
    deepEqual(names.filter((name) => !shown.includes(name)), NOT_SHOWN);
    deepEqual(names.filter((name) => inside[name] === "ok"), ALLOWED);
  },
);

Deno.test(
  { name: "sandbox: each system call is refused by what is to refuse it", ignore: !isRoot },
  async () => {
    await using targets = new Targets(user);
    const program = await targets.place.compile("calls");
    const inside = await confined(program, targets.words());
    // Landlock says EACCES, the filter EPERM, ENOSYS and EAFNOSUPPORT.
    for (
      const name of ["open_file", "open_to_write", "make_file", "remove_file", "list_folder", "read_environ"]
    ) {
      equal(inside[name], "EACCES", name);
    }
    for (
      const name of [
        "signal_process",
        "attach",
        "read_memory",
        "chmod_file",
        "fork_process",
        "clone_namespace",
      ]
    ) {
      equal(inside[name], "EPERM", name);
    }
    for (const name of ["ring", "clone3_process", "i386_call", "x32_call"]) {
      equal(
        inside[name],
        "ENOSYS",
        name,
      );
    }
    for (const name of ["tcp_connect", "netlink_socket", "packet_socket", "unix_connect", "vsock_socket"]) {
      equal(inside[name], "EAFNOSUPPORT", name);
    }
  },
);

Deno.test(
  { name: "sandbox: what is granted can be reached, and nothing beside it", ignore: !isRoot },
  async () => {
    await using targets = new Targets(user);
    const program = await targets.place.compile("calls");
    const net = [`127.0.0.1:${targets.port}`];
    const folder = targets.place.path("folder");

    const connects = await confined(program, targets.words(), { net });
    equal(connects["tcp_connect"], "ok");
    const elsewhere = await confined(program, targets.words(targets.otherPort), { net });
    deepEqual([elsewhere["tcp_connect"], elsewhere["fast_open"]], ["EACCES", "EOPNOTSUPP"]);
    for (
      const name of [
        "udp_connect",
        "tcp_listen",
        "mptcp_socket",
        "netlink_socket",
        "unix_connect",
        "raw_socket",
      ]
    ) {
      ok(connects[name] !== "ok", name);
    }
    const reads = await confined(program, targets.words(), { read: [folder] });
    deepEqual([reads["open_file"], reads["list_folder"], reads["open_to_write"], reads["make_file"]], [
      ...["ok", "ok", "EACCES", "EACCES"],
    ]);
    deepEqual([reads["open_for_nothing"], reads["hold_up"]], ["EPERM", "EPERM"]);
    const writes = await confined(program, targets.words(), { write: [folder] });
    deepEqual(
      ["open_to_write", "make_file", "make_folder", "rename_file", "remove_file"].map((name) => writes[name]),
      [
        ...["ok", "ok", "ok", "ok", "ok"],
      ],
    );
    deepEqual([writes["list_proc"], writes["chmod_file"]], ["EACCES", "EPERM"]);
  },
);
