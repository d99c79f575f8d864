import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { readReply, type Refused, type Reply, signedHeaders } from "../../core/mod.ts";
import { Wire, WireError } from "./wire.ts";

const KEY = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);
const REPLY = { version: 1, type: "snet.reply", incarnation: "i", answers: [], last: 0 };
const NOW = 1_800_000_000;

interface Got {
  readonly headers: Headers;
  readonly body: string;
  readonly id: string;
}

/** A server that answers as it is told, and a wire to it. */
function stage(respond: (got: Got, count: number) => Response | Promise<Response>) {
  const got: Got[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { headers } = request;
    got.push({ headers, body: await request.text(), id: headers.get("webhook-id")! });
    return await respond(got.at(-1)!, got.length);
  });
  const timers: (() => void)[] = [];
  const skews: number[] = [];
  const route = {
    ...{ url: `http://127.0.0.1:${server.addr.port}`, client: "web1", secrets: [KEY], ca: [] },
    ...{ socket: undefined, certificate: undefined, http: "1.1" as const },
  };
  const wire = new Wire(route, {
    clock: () => NOW * 1000,
    after: (_milliseconds, task) => {
      timers.push(task);
      return () => {};
    },
    onSkew: (seconds) => void skews.push(seconds),
  });
  const send = (signal = new AbortController().signal) =>
    wire.send<Reply>({
      path: "/v1/turn",
      message: { a: 1 },
      timeout: 10,
      signal,
      most: 1000,
      read: readReply,
    });
  return {
    ...{ wire, send, got, timers, skews },
    async [Symbol.asyncDispose]() {
      wire.close();
      await server.shutdown();
    },
  };
}

function signed(id: string, message: unknown = REPLY, key = KEY, body = JSON.stringify(message)): Response {
  return new Response(body, { headers: signedHeaders([key], id, NOW, JSON.stringify(message)) });
}

Deno.test("a server's words are printable, and one line", async () => {
  await using at = stage(({ id }) =>
    signed(id, { version: 1, type: "snet.refused", cause: "busy", why: "a\n\x1b[2Jb", time: NOW })
  );
  await rejects(at.send(), { message: /refused the message \(busy\): a\\x0a\\x1b\[2Jb$/ });
});

Deno.test("a message is signed, of now, with an id of its own, and says whose it is", async () => {
  await using at = stage(({ id }) => signed(id));
  deepEqual(await at.send(), REPLY);
  await at.send();
  const [first, second] = at.got;
  equal(first!.body, `{"a":1}`);
  equal(first!.headers.get("snet-client"), "web1");
  const { "webhook-signature": signature } = signedHeaders([KEY], first!.id, NOW, first!.body);
  equal(first!.headers.get("webhook-signature"), signature);
  equal(first!.id === second!.id, false);
});

Deno.test("a reply that is forged, changed, unsigned or garbled is none", async () => {
  const wrong: readonly (readonly [(id: string) => Response, RegExp])[] = [
    [(id) => signed(id, REPLY, OTHER), /replied with status 200 and no signature by the secret of "web1"$/],
    [(id) => signed(id, REPLY, KEY, JSON.stringify({ ...REPLY, last: 1 })), /no signature/],
    [() => Response.json(REPLY), /no signature/],
    [() => new Response("<html>", { status: 502 }), /replied with status 502 and no signature/],
    [
      (id) => signed(id, { ...REPLY, answers: {} }),
      /replied what is no reply: reply\.answers: an object; expected a list/,
    ],
    [(id) => signed(id, { ...REPLY, type: "snet.turn" }), /reply\.type: "snet\.turn"/],
    [(id) => signed(id, { ...REPLY, incarnation: "x".repeat(1000) }), /replied with more than 1000 bytes$/],
    [() => Response.redirect("http://127.0.0.1:1/"), /status 302 and no signature/],
  ];
  for (const [respond, message] of wrong) {
    await using at = stage(({ id }) => respond(id));
    await rejects(at.send(), message);
    equal(at.got.length, 1);
  }
});

Deno.test("a reply to another message, such as an earlier one, is none", async () => {
  let former = "";
  await using at = stage(({ id }, count) => {
    if (count === 1) former = id;
    return signed(former);
  });
  await at.send();
  await rejects(at.send(), /replied to another message than this one$/);
});

Deno.test("the server's clock counts, once it has said so in a signed reply", async () => {
  const refused = { version: 1, type: "snet.refused", cause: "clock", why: "no", time: NOW + 500 };
  await using at = stage(({ id, headers }) =>
    signed(id, headers.get("webhook-timestamp") === String(NOW + 500) ? REPLY : refused)
  );
  deepEqual(await at.send(), REPLY);
  await at.send();
  deepEqual([at.got.length, at.skews], [3, [500]]);
  await using forged = stage(({ id }) => signed(id, refused, OTHER));
  await rejects(forged.send(), /no signature/);
  deepEqual([forged.got.length, forged.skews], [1, []]);
});

Deno.test("a server that refuses again, or for another reason, is not asked on and on", async () => {
  for (
    const [cause, count, kind] of [["clock", 2, "other"], ["busy", 1, "busy"], [
      "replayed",
      1,
      "other",
    ]] as const
  ) {
    const refused: Refused = { version: 1, type: "snet.refused", cause, why: "no", time: NOW + 500 };
    await using at = stage(({ id }) => signed(id, refused));
    await rejects(at.send(), (error: WireError) => {
      match(error.message, new RegExp(`refused the message \\(${cause}\\): no$`));
      return error.kind === kind;
    });
    equal(at.got.length, count);
  }
});

Deno.test("a server that does not reply in time, or whose caller goes, is waited for no longer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using at = stage(async ({ id }) => {
    await promise;
    return signed(id);
  });
  const late = at.send();
  at.timers[0]!();
  await rejects(late, /has not replied within 10 ms$/);
  const caller = new AbortController();
  const aborted = at.send(caller.signal);
  caller.abort(new Error("gone"));
  await rejects(aborted, /^Error: gone$/);
  resolve();
});

Deno.test("a server that is not there is told so in one line, as something that may pass", async () => {
  const at = stage(({ id }) => signed(id));
  await at[Symbol.asyncDispose]();
  await rejects(at.send(), (error: WireError) => {
    match(error.message, /^http:\/\/127\.0\.0\.1:\d+ cannot be reached: /);
    return error instanceof WireError && error.kind === "broken";
  });
  at.wire.close();
});
