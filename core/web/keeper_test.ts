import { deepEqual, equal, throws } from "node:assert/strict";
import type { WebConfig } from "./config.ts";
import { PageKeeper } from "./keeper.ts";
import type { OpenPage } from "./page.ts";

const at = (port: number): WebConfig => ({
  ...{ listen: { host: "127.0.0.1", port }, socket: undefined, names: [], tls: undefined },
});

/** Pages that tell when they open and close; the port 1 is taken. */
function stage(hasPage = true) {
  const told: string[] = [];
  const open: OpenPage = ({ config: { listen } }) => {
    const { port } = listen!;
    if (port === 1) return Promise.reject(new Error("Cannot serve the page on http://127.0.0.1:1: in use"));
    told.push(`open ${port}`);
    return Promise.resolve({
      logins: { port } as never,
      addresses: [`http://127.0.0.1:${port}`],
      [Symbol.asyncDispose]: () => Promise.resolve(void told.push(`close ${port}`)),
    });
  };
  const keeper = new PageKeeper({
    open: hasPage ? open : undefined,
    gid: undefined,
    control: undefined as never,
    world: undefined as never,
    log: (level, line) => void told.push(`${level}: ${line}`),
  });
  return { keeper, told };
}

Deno.test("the page is where the configuration wants it, and stays where that is the same", async () => {
  const { keeper, told } = stage();
  await keeper.settle(undefined);
  throws(() => keeper.logins(), {
    status: 404,
    message: 'no page is served; write "web: {}" into snet.yaml',
  });
  equal(keeper.state, undefined);
  await keeper.settle(at(80));
  await keeper.settle(at(80));
  deepEqual(keeper.state, { addresses: ["http://127.0.0.1:80"] });
  equal((keeper.logins() as unknown as { port: number }).port, 80);
  await keeper.settle(at(81));
  await keeper.settle(undefined);
  throws(() => keeper.logins(), { status: 404 });
  const says = (port: number) => `info: The page: http://127.0.0.1:${port} ("snet web" logs in)`;
  deepEqual(told, ["open 80", says(80), "close 80", "open 81", says(81), "close 81"]);
});

Deno.test("where the page cannot be served the daemon goes on, says why, and tries again", async () => {
  const { keeper, told } = stage();
  const why = "Cannot serve the page on http://127.0.0.1:1: in use";
  for (let count = 0; count < 2; count++) {
    await keeper.settle(at(1));
    throws(() => keeper.logins(), { status: 503, message: why });
    deepEqual(keeper.state, { addresses: [], failure: why });
  }
  const line = `error: ${why}; there is no page until the configuration is loaded again`;
  deepEqual(told, [line, line]);
  await keeper.settle(at(80));
  keeper.logins();
});

Deno.test("a program without a page says so", async () => {
  const { keeper } = stage(false);
  await keeper.settle(at(80));
  throws(() => keeper.logins(), { status: 503, message: "This program has no page to serve" });
});

Deno.test("the page ends with the daemon", async () => {
  const { keeper, told } = stage();
  await keeper.settle(at(80));
  await keeper[Symbol.asyncDispose]();
  equal(told.at(-1), "close 80");
});
