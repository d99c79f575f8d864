/** What a browser itself lets others try against the page. */

import { deepEqual, equal, match } from "node:assert/strict";
import { controlApp, type Controlled } from "../../core/control/app.ts";
import { Stage } from "../../web/stage_fixture.ts";
import { Visitor } from "./browser.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("attack");

/** A page at which nothing happens, and root's links to it. */
async function open() {
  const daemon = {
    observe: () => () => {},
    questions: {
      observe: (_: unknown, observer: (change: unknown) => void) => {
        observer({ kind: "waiting", questions: [] });
        return () => {};
      },
    },
    status: () => ({ version: "the secret of the daemon" }),
    history: () => ({}),
    plugins: () => Promise.resolve({ plugins: [] }),
  } as unknown as Controlled;
  const stage = await Stage.open({ control: controlApp(daemon, 0) });
  const link = () => stage.page.logins.invite({ uid: 0 }, "admin").link;
  return { stage, link, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

/** A site on another port of this machine, and what browsers sent it. */
function otherSite() {
  const cookies: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    cookies.push(request.headers.get("cookie"));
    return new Response("<!doctype html><title>other</title>", { headers: { "content-type": "text/html" } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    cookies,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

test("a link that was used opens nothing, and whoever has it is told so", async () => {
  await using at = await open();
  const link = at.link();
  await using first = await Visitor.come({ link: () => link });
  equal(new URL(first.page.url()).hash.includes("login"), false);
  const second = await first.context.browser()!.newContext();
  const page = await second.newPage();
  await page.goto(link);
  await page.getByRole("alert").waitFor();
  match((await page.getByRole("alert").textContent())!, /This link was used already/);
  equal(await page.getByRole("link", { name: "Live" }).count(), 0);
  await second.close();
});

test("whoever opens their link once more stays logged in, and is told that it was used", async () => {
  await using at = await open();
  const link = at.link();
  await using visitor = await Visitor.come({ link: () => link }, "questions");
  const heading = (page: Visitor["page"]) => page.getByRole("heading", { name: "Questions" });
  await visitor.page.goto(link);
  await visitor.page.waitForURL((url) => url.hash === "");
  await heading(visitor.page).waitFor();
  const told = (page: Visitor["page"]) => page.getByRole("alert").getByText(/This link was used already/);
  await told(visitor.page).waitFor();
  await visitor.go("rules");
  await told(visitor.page).waitFor({ state: "detached" });
  const tab = await visitor.context.newPage();
  await tab.goto(link);
  await tab.getByRole("link", { name: "Live" }).waitFor();
  await told(tab).waitFor();
  equal(await visitor.page.getByText("Nobody is logged in here").count(), 0);
});

test("who is logged in as somebody else sees nothing of what the former one saw, not for a moment", async () => {
  await using at = await open();
  await using visitor = await Visitor.come(at, "questions");
  const { page } = visitor;
  await page.getByRole("heading", { name: "Questions" }).waitFor();
  await page.evaluate(() =>
    addEventListener("pagehide", () => sessionStorage.setItem("seen", document.body.innerText.trim()))
  );
  const { link } = at.stage.page.logins.invite({ uid: 12_345 }, "read");
  await page.evaluate((hash) => void (location.hash = hash), new URL(link).hash);
  await page.getByText("12345").waitFor();
  await page.waitForFunction(() => "seen" in sessionStorage);
  equal(await page.evaluate(() => sessionStorage["seen"]), "");
});

test("who is logged out from elsewhere sees no more", async () => {
  await using at = await open();
  await using visitor = await Visitor.come(at);
  equal(at.stage.page.logins.end({ uid: 0 }, undefined), 1);
  // The streams have ended; the page tries again, and hears that nobody is logged in.
  await visitor.page.clock.runFor(2_000);
  await visitor.page.getByText("Nobody is logged in here").waitFor();
});

test("a site on another port is sent the cookie, and can read, change and frame nothing", async () => {
  await using at = await open();
  await using other = otherSite();
  await using visitor = await Visitor.come(at);
  const page = await visitor.context.newPage();
  await page.goto(other.url);
  const [cookie] = other.cookies;
  match(cookie!, /^snet=/);
  equal((await at.stage.ask("/v1/status", { headers: { cookie: cookie! } })).status, 401);
  const tried = await page.evaluate(async (base) => {
    const attempts: RequestInit[] = [
      {},
      { credentials: "include" },
      { method: "POST", credentials: "include" },
      { headers: { "x-snet-key": "guess" }, credentials: "include" },
    ];
    const read: string[] = [];
    for (const attempt of attempts) {
      const said = await fetch(`${base}/v1/status`, attempt).then((response) => response.text()).catch(() =>
        ""
      );
      read.push(said);
    }
    const frame = document.createElement("iframe");
    frame.src = base;
    document.body.append(frame);
    await new Promise((resolve) => frame.onload = resolve);
    return read;
  }, `http://${at.stage.host}`);
  deepEqual(tried, ["", "", "", ""]);
  const [, frame] = page.frames();
  equal(frame!.url(), "chrome-error://chromewebdata/");
});

test("a site on another port hears and says nothing where tabs talk, and leads none of them", async () => {
  await using at = await open();
  await using other = otherSite();
  await using visitor = await Visitor.come(at, "questions");
  const page = await visitor.context.newPage();
  await page.goto(other.url);
  const names = ["snet-rows", "snet-questions"];
  // It takes the locks, asks for all that there is, and says something of its own as who leads.
  await page.evaluate((names) => {
    const heard: unknown[] = [];
    Object.assign(globalThis, { heard });
    for (const name of names) {
      void navigator.locks.request(name, { steal: true }, () => new Promise(() => {}));
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => heard.push(data);
      channel.postMessage({ kind: "hello", place: 0, isSeen: true });
      channel.postMessage({ kind: "state", term: Number.MAX_SAFE_INTEGER, state: "away" });
    }
  }, names);
  // What another tab of the page asks is answered by the one that leads, which is still the first.
  const tab = await visitor.tab("questions");
  await tab.getByText("Nobody waits for an answer.").waitFor();
  equal(await visitor.page.getByText("reconnecting…").count(), 0);
  deepEqual(await page.evaluate("heard"), []);
});

test("a site that opens the page has no hold of it, nor the page of it", async () => {
  await using at = await open();
  await using other = otherSite();
  await using visitor = await Visitor.come(at);
  const page = await visitor.context.newPage();
  await page.goto(other.url);
  const opening = visitor.context.waitForEvent("page");
  await page.evaluate(`void (globalThis.opened = open("http://${at.stage.host}/"))`);
  const opened = await opening;
  await opened.getByRole("link", { name: "Live" }).waitFor();
  equal(await opened.evaluate("opener"), null);
  equal(await page.evaluate("opened.closed"), true);
});

test("markup that got into the page would be refused by its policy", async () => {
  await using at = await open();
  await using visitor = await Visitor.come(at);
  const said = await visitor.page.evaluate(async () => {
    // What the test itself runs may evaluate texts; what the page runs later may not.
    const { port1, port2 } = new MessageChannel();
    await new Promise((resolve) => {
      port1.onmessage = resolve;
      port2.postMessage("");
    });
    const attempts = [
      () => void (document.body.innerHTML = "<img src=x onerror='window.taken = 1'>"),
      () => void document.body.insertAdjacentHTML("beforeend", "<svg onload='window.taken = 1'>"),
      () => void new Function("window.taken = 1")(),
      () => {
        const script = document.createElement("script");
        script.text = "window.taken = 1";
        document.body.append(script);
      },
    ];
    const refused = attempts.map((attempt) => {
      try {
        attempt();
        return false;
      } catch {
        return true;
      }
    });
    return { refused, taken: "taken" in globalThis };
  });
  deepEqual(said, { refused: [true, true, true, true], taken: false });
});
