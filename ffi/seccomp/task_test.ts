import { deepStrictEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { readAttributes } from "../codec.ts";
import { ERRNO } from "../errno.ts";
import { close } from "../libc.ts";
import { EventFlag, type EventNotice } from "../protocol.ts";
import { utf8 } from "../strings.ts";
import { Child } from "./child.ts";
import { asCaller } from "./privileges.ts";
import { openFolder, pidfdGetfd } from "./procfs.ts";
import { type HeldTask, TaskTable } from "./task.ts";

const isRoot = Deno.uid() === 0;
const NOBODY = 65534;

/** The ways of Linux 6.13 and later, of 6.9, and of older ones. */
const WAYS = [
  { threadPidfd: true, pidfdInfo: true },
  { threadPidfd: true, pidfdInfo: false },
  { threadPidfd: false, pidfdInfo: false },
];

/** What an event will tell of a task. */
function told(task: HeldTask): EventNotice {
  const { buffer } = new Uint8Array([...task.attributes, ...task.names!()]);
  return readAttributes("snet", new DataView(buffer), 0, buffer.byteLength);
}

function taskOf(table: TaskTable, tid: number): HeldTask {
  const task = table.of(tid);
  ok(task, `thread ${tid} is gone or unreadable: ${JSON.stringify(table.unreadable)}`);
  return task;
}

/** What an event would tell of a thread now. */
function look(table: TaskTable, tid: number): EventNotice {
  const task = taskOf(table, tid);
  const notice = told(task);
  table.release(task);
  return notice;
}

function texts(bytes: Uint8Array | undefined): string[] {
  return utf8(bytes!.slice()).split("\0").slice(0, -1);
}

function inode(link: string): number {
  return Number(/\[(\d+)\]/.exec(Deno.readLinkSync(link))![1]);
}

async function startTime(pid: number): Promise<bigint> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  return BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]!) * 10_000_000n;
}

for (const way of WAYS) {
  const how = Object.entries(way).filter(([, is]) => is).map(([name]) => name).join(", ") || "older kernels";

  Deno.test(`a process is told as /proc shows it (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    const task = taskOf(table, child.pid);
    equal(task.tid, child.pid);
    equal(task.pid, child.pid);
    equal(task.startTime, await startTime(child.pid));
    equal(task.flags, 0);
    const { cmdline, parents, cgroup, ...rest } = told(task);
    const exe = await Deno.realPath("/usr/bin/python3");
    const { dev, ino, ctime } = await Deno.stat(exe);
    const { exeCtime, ...others } = rest;
    equal(Number(exeCtime! / 1_000_000n), ctime!.getTime());
    deepStrictEqual(others, {
      pid: child.pid,
      tid: child.pid,
      ppid: Deno.pid,
      startTime: task.startTime,
      uid: Deno.uid()!,
      gid: Deno.gid()!,
      loginuid: Number(await Deno.readTextFile("/proc/self/loginuid").catch(() => 0xffff_ffff)),
      comm: "python3",
      exe,
      exeDev: BigInt(dev),
      exeIno: BigInt(ino!),
      exeGeneration: 0,
      exeMntns: inode("/proc/self/ns/mnt"),
      netns: inode("/proc/self/ns/net"),
      mntns: inode("/proc/self/ns/mnt"),
    });
    deepStrictEqual(texts(cmdline).slice(0, 2), ["/usr/bin/python3", "-c"]);
    equal(parents!.length, 0);
    const path = /^0::(\/.*)$/m.exec(await Deno.readTextFile(`/proc/${child.pid}/cgroup`))?.[1];
    const folder = await Deno.stat(`/sys/fs/cgroup/${path}`).catch(() => undefined);
    if (folder?.ino) equal(cgroup, BigInt(folder.ino));
  });

  Deno.test(`a thread has a name of its own and its process's start (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    const tid = await child.number("answer = start()");
    await child.run(`open("/proc/thread-self/comm", "w").write(") R 1 (")`, tid);
    const task = look(table, tid);
    equal(task.tid, tid);
    equal(task.pid, child.pid);
    equal(task.ppid, Deno.pid);
    equal(task.comm, ") R 1 (");
    equal(task.startTime, await startTime(child.pid));
    equal(look(table, child.pid).comm, "python3");
  });

  Deno.test(`what a thread changes of itself is told at its next call (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    equal(look(table, child.pid).comm, "python3");
    await child.run(`open("/proc/self/comm", "w").write("other")`);
    equal(look(table, child.pid).comm, "other");
    await child.run(`again("more")`);
    const task = look(table, child.pid);
    equal(texts(task.cmdline).at(-1), "more");
    equal(task.comm, "python3");
  });

  Deno.test(`a program that a thread executes takes the place of its process (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    const tid = await child.number("answer = start()");
    const before = taskOf(table, child.pid);
    notEqual(look(table, tid).tid, child.pid);
    equal(await child.run(`again("thread")`, tid), child.pid);
    equal(texts(look(table, child.pid).cmdline).at(-1), "thread");
    equal(table.of(tid), undefined);
    equal(table.unreadable, undefined);
    table.release(before);
    ok(taskOf(table, child.pid));
  });

  Deno.test(`another program is told by its own file (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    match(look(table, child.pid).exe!, /python/);
    const forked = await child.number(`answer = os.posix_spawn("/bin/sleep", ["sleep", "60"], {})`);
    // Until then it is on its way into the program.
    while (await Deno.readTextFile(`/proc/${forked}/cmdline`) === "");
    const task = look(table, forked);
    equal(task.exe, await Deno.realPath("/bin/sleep"));
    deepStrictEqual(texts(task.cmdline), ["sleep", "60"]);
    deepStrictEqual(texts(task.parents), [`${child.pid} ${await Deno.realPath("/usr/bin/python3")}`]);
    Deno.kill(forked, "SIGKILL");
  });

  Deno.test({ name: `ids are those in effect now (${how})`, ignore: !isRoot }, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    deepStrictEqual([look(table, child.pid).uid, look(table, child.pid).gid], [0, 0]);
    await child.run(`os.setresgid(1, 2, 3); os.setresuid(4, 5, 6)`);
    const { uid, gid } = look(table, child.pid);
    deepStrictEqual([uid, gid], [5, 2]);
  });

  Deno.test(`a thread that is gone is not one that cannot be looked into (${how})`, async () => {
    using table = new TaskTable(8, way);
    let pid = 0;
    {
      await using child = await Child.start();
      pid = child.pid;
      look(table, pid);
    }
    equal(table.of(pid), undefined);
    equal(table.unreadable, undefined);
    equal(table.size, 0);
  });

  Deno.test(`a process that is not dumpable is named (${how})`, async () => {
    using table = new TaskTable(8, way);
    await using child = await Child.start();
    look(table, child.pid);
    await child.run(`libc.prctl(4, 0, 0, 0, 0)`); // PR_SET_DUMPABLE
    // Root may look into it by its capabilities only.
    await using other = await Child.start(isRoot ? { uid: NOBODY, gid: NOBODY } : {});
    const caller = taskOf(table, other.pid);
    for (let time = 0; time < 2; time++) {
      equal(asCaller(caller, () => table.of(child.pid)), undefined);
      deepStrictEqual(table.unreadable, { tid: child.pid, comm: "python3", errno: 13 });
    }
  });
}

const [NEWEST, , OLDEST] = WAYS;

Deno.test("descriptors are the thread's own, where its process's first one has others", async () => {
  using table = new TaskTable(8, NEWEST);
  await using child = await Child.start();
  const unshared = await child.number("answer = start()");
  await child.run("libc.unshare(0x400)", unshared); // CLONE_FILES
  const fd = await child.number("answer = os.dup2(0, 100)", unshared);
  const task = taskOf(table, unshared);
  const own = pidfdGetfd(task.pidfd, fd);
  ok(own >= 0, `pidfd_getfd: ${own}`);
  close(own);
  ok(pidfdGetfd(taskOf(table, child.pid).pidfd, fd) < 0, "the first thread does not have it");
});

Deno.test("a thread outlives the first one of its process", async () => {
  using table = new TaskTable(8, NEWEST);
  await using child = await Child.start();
  const started = look(table, child.pid).startTime;
  const exit = 60; // of this thread alone
  const tid = await child.number(`threading.Thread(target=listen).start(); libc.syscall(${exit}, 0)`);
  notEqual(tid, child.pid);
  while (!/^State:\tZ/m.test(await Deno.readTextFile(`/proc/${child.pid}/status`)));
  const task = taskOf(table, tid);
  equal(task.pid, child.pid);
  equal(task.startTime, started);
  const fd = pidfdGetfd(task.pidfd, 0);
  ok(fd >= 0, `pidfd_getfd: ${fd}`);
  close(fd);
});

/** A sleeping process of a copy of the program, in a folder of its own. */
async function sleeper(name: string) {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const path = `${folder}/${name}`;
  await Deno.copyFile("/bin/sleep", path);
  const process = new Deno.Command(path, { args: ["60"] }).spawn();
  return {
    path,
    folder,
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("an executable is told by the name that it has, and marked where it has none", async () => {
  using before = new TaskTable();
  using table = new TaskTable();
  await using program = await sleeper("program");
  const { path, folder, pid } = program;
  equal(look(before, pid).exe, path);
  await Deno.rename(path, `${folder}/other`);
  equal(look(table, pid).exe, `${folder}/other`);
  equal(taskOf(table, pid).flags, 0);
  await Deno.remove(`${folder}/other`);
  equal(look(table, pid).exe, `${folder}/other`);
  equal(taskOf(table, pid).flags, EventFlag.ExeUnlinked);
  equal(look(before, pid).exe, `${folder}/other`);
});

Deno.test("a name that ends with what marks deleted files is a name", async () => {
  using table = new TaskTable();
  await using program = await sleeper("program (deleted)");
  const { path, pid } = program;
  equal(look(table, pid).exe, path);
  equal(taskOf(table, pid).flags, 0);
  await Deno.link(path, `${path}2`);
  await Deno.remove(path);
  equal(look(table, pid).exe, path);
  equal(taskOf(table, pid).flags, EventFlag.ExeUnlinked, "it has another name still, but not this one");
});

Deno.test("an executable in another file's place is another one", async () => {
  using table = new TaskTable();
  await using program = await sleeper("program");
  const { path, pid } = program;
  const before = look(table, pid);
  await Deno.copyFile("/bin/sleep", `${path}2`);
  await Deno.rename(`${path}2`, path);
  const after = look(table, pid);
  equal(after.exeIno, before.exeIno);
  equal(after.exe, path);
  equal(taskOf(table, pid).flags, EventFlag.ExeUnlinked);
});

Deno.test("the same file executed by another of its names is told by that", async () => {
  using table = new TaskTable();
  await using child = await Child.start();
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await Deno.copyFile(await Deno.realPath("/usr/bin/python3"), `${folder}/one`);
    await Deno.link(`${folder}/one`, `${folder}/two`);
    await child.run(`os.execv("${folder}/one", ["python3", "-c", PROGRAM])`);
    equal(look(table, child.pid).exe, `${folder}/one`);
    await child.run(`os.execv("${folder}/two", ["python3", "-c", PROGRAM])`);
    equal(look(table, child.pid).exe, `${folder}/two`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("parents are those up to the supervisor's child, also after one has gone", async () => {
  using table = new TaskTable();
  await using child = await Child.start();
  const python = await Deno.realPath("/usr/bin/python3");
  const [middle, inner] = await child.run(
    `r, w = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.write(w, f"{os.getppid()} {os.getpid()}".encode()); signal.pause()
    signal.pause()
answer = [int(pid) for pid in os.read(r, 64).split()]`,
  ) as [number, number];
  deepStrictEqual(texts(look(table, inner).parents), [`${middle} ${python}`, `${child.pid} ${python}`]);
  await child.run(`os.kill(${middle}, 9); os.waitpid(${middle}, 0)`);
  const { ppid, parents } = look(table, inner);
  notEqual(ppid, middle);
  ok(!texts(parents).some((parent) => parent.startsWith(`${middle} `)));
  Deno.kill(inner, "SIGKILL");
});

Deno.test({ name: "namespaces are those of now", ignore: !isRoot }, async () => {
  using table = new TaskTable();
  await using child = await Child.start();
  const before = look(table, child.pid);
  table.expectMoves();
  await child.run("answer = libc.unshare(0x40020000)"); // CLONE_NEWNET, CLONE_NEWNS
  const after = look(table, child.pid);
  equal(after.netns, inode(`/proc/${child.pid}/ns/net`));
  equal(after.mntns, inode(`/proc/${child.pid}/ns/mnt`));
  notEqual(after.netns, before.netns);
  notEqual(after.mntns, before.mntns);
  equal(after.exeMntns, before.mntns, "it was executed before");
});

Deno.test(
  { name: "namespaces that no call leaves are those that a thread is born into", ignore: !isRoot },
  async () => {
    using table = new TaskTable();
    // In a user namespace of its own a program needs no call that is told to make a thread with others.
    await using child = await Child.start({ by: ["unshare", "--user", "--map-root-user"] });
    const before = look(table, child.pid);
    await child.run("answer = libc.unshare(0x40000000)"); // CLONE_NEWNET
    equal(look(table, child.pid).netns, inode(`/proc/${child.pid}/ns/net`));
    notEqual(look(table, child.pid).netns, before.netns);
  },
);

Deno.test(
  { name: "a path of another mount namespace is said to be of that, or nobody's", ignore: !isRoot },
  async () => {
    using table = new TaskTable();
    await using forger = await Child.start();
    await using program = await sleeper("curl");
    const forge = `libc.unshare(0x20000); libc.mount(b"none", b"/", None, 0x44000, None)
libc.mount(sys.executable.encode(), b"${program.path}", None, 0x1000, None)`;
    table.expectMoves();
    await forger.run(forge);
    const ours = inode("/proc/self/ns/mnt");
    // It hands what it has forged to one that stays here.
    await using friend = await Child.start();
    await friend.run(
      `fd = os.open("/proc/${forger.pid}/root${program.path}", os.O_PATH)
os.set_inheritable(fd, True); libc.execveat.argtypes = None
arguments = (ctypes.c_char_p * 4)(b"python3", b"-c", PROGRAM.encode(), None)
libc.execveat(fd, b"", arguments, (ctypes.c_char_p * 1)(None), 0x1000)`,
    );
    const handed = look(table, friend.pid);
    equal(handed.exe, program.path);
    equal(handed.mntns, ours);
    equal(handed.exeMntns, 0);
    await forger.run(`os.execv("${program.path}", ["python3", "-c", PROGRAM])`);
    const forged = look(table, forger.pid);
    equal(forged.exe, program.path);
    equal(forged.exeMntns, forged.mntns);
    notEqual(forged.exeMntns, ours);
  },
);

Deno.test("no more threads are remembered than allowed, but none is forgotten while it is held", async () => {
  using table = new TaskTable(2, OLDEST);
  await using child = await Child.start();
  const held = taskOf(table, child.pid);
  for (let i = 0; i < 5; i++) {
    look(table, await child.number("answer = start()"));
    ok(table.size <= 2);
  }
  const fd = pidfdGetfd(held.pidfd, 0);
  ok(fd >= 0, `pidfd_getfd: ${fd}`);
  close(fd);
  equal(table.of(child.pid), held);
});

Deno.test("where descriptors are few, those are forgotten that are not held", async () => {
  const first = openFolder("/");
  close(first);
  // Room for two threads at most.
  using table = new TaskTable(8, undefined, first + 10);
  await using child = await Child.start();
  const tids = [await child.number("answer = start()"), await child.number("answer = start()")];
  for (const tid of [...tids, child.pid, ...tids]) look(table, tid);
  ok(table.size < 3);
  const held = [...tids, child.pid].map((tid) => table.of(tid));
  equal(held.at(-1), undefined);
  equal(table.unreadable?.errno, ERRNO.EMFILE);
  for (const task of held) if (task) table.release(task);
  ok(look(table, child.pid));
});
