import assert from "node:assert/strict";
import { FolderWatch } from "./folder_watch.ts";
import type { StartWatch } from "./folder_watch.ts";

function logged() {
  const lines: string[] = [];
  return { lines, log: (_level: string, line: string) => void lines.push(line) };
}

/** A watch that tells of `kinds`, then fails with `error`, or goes on. */
function watchOf(kinds: readonly string[], error?: Error): StartWatch {
  return () => {
    const closed = Promise.withResolvers<void>();
    return {
      close: closed.resolve,
      async *[Symbol.asyncIterator]() {
        for (const kind of kinds) yield { kind };
        if (error !== undefined) throw error;
        await closed.promise;
      },
    };
  };
}

Deno.test("changed files are read again, once for many changes", async () => {
  const reloaded = Promise.withResolvers<void>();
  let count = 0;
  const reload = () => {
    count++;
    reloaded.resolve();
    return Promise.reject(new Error("snet.yaml:1:1: no"));
  };
  const start = watchOf(["access", "modify", "modify"]);
  using _watch = new FolderWatch({ config: { folders: ["/"] }, reload }, logged().log, start, 0);
  await reloaded.promise;
  assert.equal(count, 1);
});

Deno.test("files that change all the time are read all the same, again and again", async () => {
  const thrice = Promise.withResolvers<void>();
  let count = 0;
  let isOver = false;
  const reload = () => {
    if (++count === 3) thrice.resolve();
    return Promise.resolve();
  };
  const start: StartWatch = () => ({
    close: () => isOver = true,
    async *[Symbol.asyncIterator]() {
      for (; !isOver; await new Promise((resolve) => setTimeout(resolve))) yield { kind: "modify" };
    },
  });
  const never = 1_000_000;
  using _watch = new FolderWatch({ config: { folders: ["/"] }, reload }, logged().log, start, never, 0);
  await thrice.promise;
});

Deno.test("the daemon runs on where folders cannot be watched, or not any longer", async () => {
  const daemon = { config: { folders: ["/"] }, reload: () => Promise.resolve() };
  const { lines, log } = logged();
  const fails = () => {
    throw new Error("no space");
  };
  using _never = new FolderWatch(daemon, log, fails);
  assert.deepEqual(lines, ["Changed files are not noticed, reload with SIGHUP: no space"]);
  using _broken = new FolderWatch(daemon, log, watchOf([], new Error("overflow")));
  while (lines.length < 2) await new Promise((resolve) => setTimeout(resolve));
  assert.equal(lines[1], "Changed files are not noticed, reload with SIGHUP: overflow");
});
