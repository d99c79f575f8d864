import { deepEqual, equal } from "node:assert/strict";
import { signedHeaders } from "../signature.ts";
import { Clients } from "./clients.ts";
import { CLIENT_HEADER } from "./protocol.ts";

const KEYS = [1, 2].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array];
/** Seconds since 1970 at which the server was started. */
const START = 1_800_000_000;

function server(rate = 1000) {
  let time = START;
  let wall = START;
  const clients = new Clients(
    KEYS.map((key, index) => ({ name: `web${index + 1}`, secrets: [key], rate, waiting: 10 })),
    () => wall * 1000,
    () => (time - START) * 1000,
  );
  const counts = (index: number) => clients.all[index]!.counts;
  /** A message that web1 sends, or says that it does. */
  const receive = (
    { id = "one", at = time, key = KEYS[0], client = "web1", sent = "{}" } = {},
  ) => {
    const headers = new Headers({ [CLIENT_HEADER]: client, ...signedHeaders([key], id, at, "{}") });
    return clients.receive(headers, new TextEncoder().encode(sent));
  };
  return {
    clients,
    receive,
    counts,
    pass: (seconds: number) => void (time += seconds),
    setBack: () => void (wall = 0),
  };
}

Deno.test("a message is its client's by the signature of its own secret", () => {
  const { receive, counts, clients } = server();
  const { client, id, refused } = receive()!;
  deepEqual([client.name, id, refused], ["web1", "one", undefined]);
  equal(receive({ key: KEYS[1] }), undefined);
  equal(receive({ client: "web2" }), undefined);
  equal(receive({ client: "nobody" }), undefined);
  equal(receive({ sent: "[]" }), undefined);
  deepEqual([counts(0).forged, counts(1).forged], [2, 1]);
  equal(clients.knows(new Headers({ [CLIENT_HEADER]: "web2" })), true);
  equal(clients.knows(new Headers()), false);
  equal(clients.unknown, 1);
});

Deno.test("a message comes once, from each client", () => {
  const { receive, counts, pass } = server();
  equal(receive()!.refused, undefined);
  equal(receive()!.refused?.cause, "replayed");
  equal(receive({ client: "web2", key: KEYS[1] })!.refused, undefined);
  pass(60);
  // Its time would still do.
  equal(receive({ at: START })!.refused?.cause, "replayed");
  pass(1);
  equal(receive({ at: START })!.refused?.cause, "clock");
  deepEqual([counts(0).replayed, counts(0).stale], [2, 1]);
});

Deno.test("a message of another time is told the server's", () => {
  const { receive, pass } = server();
  pass(100);
  const { refused } = receive({ at: START + 161 })!;
  deepEqual([refused?.cause, refused?.time], ["clock", START + 100]);
  equal(receive({ at: START + 160 })!.refused, undefined);
  equal(receive({ id: "two", at: START + 40 })!.refused, undefined);
});

Deno.test("what was sent before the server was started may have come to the one before it", () => {
  const { receive } = server();
  equal(receive({ at: START - 1 })!.refused?.cause, "clock");
});

Deno.test("a client that sends too much is refused, others are not; what it may keep is bounded by that", () => {
  const { receive, counts, clients, pass } = server(10);
  const causes = Array.from(
    { length: 30 },
    (_, index) => receive({ id: `message-${index}` })!.refused?.cause,
  );
  deepEqual([causes.filter((cause) => cause === undefined).length, causes.at(-1)], [20, "busy"]);
  equal(receive({ client: "web2", key: KEYS[1] })!.refused, undefined);
  equal(clients.all[0]!.seen.size, 20);
  equal(counts(0).overRate, 10);
  pass(1);
  const later = Array.from({ length: 30 }, (_, index) => receive({ id: `later-${index}` })!.refused?.cause);
  equal(later.filter((cause) => cause === undefined).length, 10);
});

Deno.test("over a reload a client that stays is the same, with another secret too; one that is gone is none", () => {
  const { clients, receive } = server();
  receive();
  const [, key] = KEYS;
  clients.load([{ name: "web1", secrets: [key], rate: 1000, waiting: 10 }]);
  equal(receive(), undefined);
  equal(receive({ key })!.refused?.cause, "replayed");
  equal(receive({ client: "web2", key }), undefined);
});

Deno.test("a clock that is set back brings nothing back, and keeps nobody out", () => {
  const { receive, pass, setBack } = server();
  pass(1000);
  receive({ id: "old" });
  pass(1000);
  setBack();
  equal(receive({ id: "old", at: START + 1000 })!.refused?.cause, "clock");
  equal(receive({ id: "new" })!.refused, undefined);
});

Deno.test("a long message costs as much as many", () => {
  const { receive, counts } = server(10);
  const sent = " ".repeat(16 * 1024 * 15);
  const headers = (id: string) =>
    new Headers({ [CLIENT_HEADER]: "web1", ...signedHeaders([KEYS[0]], id, START, sent) });
  const { clients } = server(10);
  const causes = ["a", "b"].map((id) =>
    clients.receive(headers(id), new TextEncoder().encode(sent))!.refused?.cause
  );
  deepEqual(causes, [undefined, "busy"]);
  equal(receive()!.refused, undefined);
  equal(counts(0).overRate, 0);
});
