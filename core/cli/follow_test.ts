import { deepEqual, rejects } from "node:assert/strict";
import { CommandError } from "./exit.ts";
import { follow } from "./follow.ts";

/** Follows streams one after the other; each is what it tells, or an error that keeps it from being opened. */
async function followed(first: readonly string[], ...others: (readonly string[] | Error)[]) {
  const heard: string[] = [];
  const stop = new AbortController();
  // deno-lint-ignore require-await
  const open = async () => {
    const next = others.shift();
    if (next instanceof Error) throw next;
    return told(next!);
  };
  await follow(
    told(first),
    open,
    {
      take: (message) => heard.push(message),
      lose: (why) => heard.push(`lost: ${why}`),
      found: () => heard.push("found"),
    },
    stop.signal,
    // deno-lint-ignore require-await
    async (milliseconds) => {
      heard.push(`${milliseconds} ms`);
      if (others.length === 0) stop.abort();
    },
  );
  return heard;
}

async function* told(messages: readonly string[]) {
  yield* messages;
}

Deno.test("a daemon that goes is looked for, and told of when it is there", async () => {
  deepEqual(await followed(["a"], ["b"]), [
    "a",
    "lost: The daemon ended",
    "250 ms",
    "found",
    "b",
    "lost: The daemon ended",
    "250 ms",
  ]);
});

Deno.test("the longer it is away, the less often it is looked for, until it tells something", async () => {
  const none = new CommandError("none");
  const heard = await followed([], none, none, none, none, none, ["a"]);
  deepEqual(heard.filter((each) => each.endsWith("ms")), [
    "250 ms",
    "500 ms",
    "1000 ms",
    "2000 ms",
    "4000 ms",
    "4000 ms",
    "250 ms",
  ]);
});

Deno.test("what is no failure of the daemon is nobody's to hide", async () => {
  await rejects(followed([], new TypeError("mine")), /mine/);
});
