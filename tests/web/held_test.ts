/** Real programs, held by `snet run --web`, and answered in a real browser. */

import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Visitor } from "./browser.ts";
import { asPlainUser, complaintsOf, HeldProgram, NO_CONNECTION, WordServer } from "./held.ts";
import { browserTests } from "./tests.ts";

const test = browserTests("held");

const curl = (...urls: readonly string[]) => ["curl", "--silent", "--show-error", ...urls];

/** Answers the one question that is shown. */
async function click({ page, settle }: Bound, name: "Allow" | "Deny"): Promise<void> {
  await page.getByRole("button", { name }).waitFor();
  await settle();
  await page.getByRole("button", { name }).click();
}

/** Points at the view: what has ended stays there until nobody does. */
async function point({ page }: Pick<Visitor, "page">): Promise<void> {
  await page.getByRole("heading", { name: "Questions" }).hover();
}

type Bound = Pick<Visitor, "page" | "settle">;
const bound = (visitor: Visitor): Bound => ({ page: visitor.page, settle: () => visitor.settle() });

test("curl waits; a click allows it, and it goes on", async () => {
  await using server = new WordServer();
  await using program = HeldProgram.run(curl(server.url()));
  await using ada = await program.visit();
  const card = ada.page.getByRole("article");
  const { host } = new URL(server.url());
  await card.getByText(`connect to ${host} (tcp)`, { exact: true }).waitFor();
  await card.getByText(`curl --silent --show-error ${server.url()}`).waitFor();
  deepEqual(server.paths, []);
  await click(bound(ada), "Allow");
  const { code, stdout } = await program.end();
  deepEqual([code, stdout, server.paths], [0, "word\n", ["/"]]);
  await ada.page.getByText("curl has ended", { exact: true }).waitFor();
  deepEqual(complaintsOf(ada), []);
});

test("a click denies it: the connect fails, and nobody is reached", async () => {
  await using server = new WordServer();
  const script = "import socket, sys\n" +
    "try: socket.create_connection((sys.argv[1], int(sys.argv[2])))\n" +
    "except OSError as error: print(error.errno)";
  const { hostname, port } = new URL(server.url());
  await using program = HeldProgram.run(["/usr/bin/python3", "-c", script, hostname, port]);
  await using ada = await program.visit();
  await click(bound(ada), "Deny");
  const { code, stdout } = await program.end();
  const EPERM = 1;
  deepEqual([code, stdout, server.paths], [0, `${EPERM}\n`, []]);
});

test("what nobody answers in time is denied, and its card goes", async () => {
  await using server = new WordServer();
  await using program = HeldProgram.run(["sh", "-c", `curl --silent ${server.url()}; echo $?; read word`], [
    ...["--delay", "1s"],
  ]);
  await using ada = await program.visit();
  await point(ada);
  await program.wrote(`${NO_CONNECTION}\n`);
  await ada.page.getByRole("article").getByText("nobody answered in time").waitFor();
  equal(await ada.page.getByRole("button", { name: "Allow" }).count(), 0);
  // Nothing that has ended keeps its place for good.
  await ada.page.mouse.move(1, 1);
  await ada.page.clock.fastForward(60_000);
  await ada.page.getByText("Nobody waits for an answer.").waitFor();
  deepEqual(server.paths, []);
});

test("a program that is killed while it waits takes its card along", async () => {
  await using server = new WordServer();
  const script = `curl --silent ${server.url()} & read word; kill -KILL $!; wait; echo gone; read word`;
  await using program = HeldProgram.run(["sh", "-c", script]);
  await using ada = await program.visit();
  await ada.page.getByRole("button", { name: "Allow" }).waitFor();
  await point(ada);
  await program.type("now\n");
  await program.wrote("gone\n");
  await ada.page.getByRole("article").getByText("the program waits no more").waitFor();
  equal(await ada.page.getByRole("button", { name: "Allow" }).count(), 0);
});

test("an answer until it ends is for that process; the next one is asked about again", async () => {
  await using server = new WordServer();
  // curl connects anew each time, as the server closes.
  const two = curl(server.url("/1"), server.url("/2")).join(" ");
  await using program = HeldProgram.run(["sh", "-c", `${two}; ${curl(server.url("/3")).join(" ")}; true`]);
  await using ada = await program.visit();
  await ada.page.getByText("until it ends").click();
  await click(bound(ada), "Allow");
  await program.wrote("word\nword\n");
  await ada.page.getByText("/3").waitFor();
  await click(bound(ada), "Deny");
  const { stdout } = await program.end();
  deepEqual([stdout, server.paths], ["word\nword\n", ["/1", "/2"]]);
});

test("an answer for the run is for every process of it, and is written nowhere", async () => {
  await using server = new WordServer();
  const all = ["/1", "/2", "/3"].map((path) => curl(server.url(path)).join(" ")).join("; ");
  await using program = HeldProgram.run(["sh", "-c", all]);
  await using ada = await program.visit();
  equal(await ada.page.getByText("always", { exact: true }).count(), 0);
  await ada.page.getByText("for this run", { exact: true }).click();
  await click(bound(ada), "Allow");
  deepEqual([(await program.end()).stdout, server.paths], ["word\nword\nword\n", ["/1", "/2", "/3"]]);
});

test("with --save an answer for always is a rule, by which the next run asks no more", async () => {
  await using server = new WordServer();
  const folder = await Deno.makeTempDir({ prefix: "snet-held-" });
  const file = `${folder}/rules.yaml`;
  try {
    await using program = HeldProgram.run(curl(server.url()), ["--save", file]);
    await using ada = await program.visit();
    await ada.page.getByText("always", { exact: true }).click();
    await click(bound(ada), "Allow");
    equal((await program.end()).stdout, "word\n");
    const { port } = new URL(server.url());
    const rule = await Deno.readTextFile(file);
    match(rule, /allow: snet\.out/);
    match(rule, new RegExp(`port: ${port}`));
    await using again = HeldProgram.run(curl(server.url()), ["--save", file]);
    await using bob = await again.visit();
    equal((await again.end()).stdout, "word\n");
    equal(await bob.page.getByRole("article").count(), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("two browsers see a question; answered in one, it is gone in the other", async () => {
  await using server = new WordServer();
  const script = `echo started; read word; ${curl(server.url()).join(" ")}`;
  await using program = HeldProgram.run(["sh", "-c", script], [], { terminal: true });
  const { Visitor } = await import("./browser.ts");
  const first = await program.link(0, "stdout");
  await using ada = await Visitor.come({ link: () => first }, "questions");
  await program.wrote("started");
  // Nobody looks: whoever is at the terminal gets another link.
  await ada.page.goto("about:blank");
  await program.type("now\n");
  const second = await program.link(1, "stdout");
  await using bob = await Visitor.come({ link: () => second }, "questions");
  await ada.page.goto(new URL("/#/questions", first).href);
  for (const { page } of [ada, bob]) await page.getByRole("button", { name: "Allow" }).waitFor();
  await point(ada);
  await click(bound(bob), "Allow");
  await ada.page.getByText(/^allowed by /).waitFor();
  equal(await ada.page.getByRole("button", { name: "Allow" }).count(), 0);
  await program.wrote("word");
});

test("the program finds no link, and does not reach the page, whatever its rules allow", async () => {
  const folder = await Deno.makeTempDir({ prefix: "snet-held-" });
  try {
    const rules = `${folder}/rules.yaml`;
    await Deno.writeTextFile(rules, "version: 1\nrules:\n  - { name: all, allow: [snet.out, snet.in] }\n");
    const look = "read page; env; cat /proc/$PPID/cmdline /proc/$PPID/environ; echo looked; " +
      `for host in "$page" "[::ffff:\${page%:*}]:\${page#*:}"; do curl --silent "http://$host/"; echo $?; done`;
    for (const options of [["--rules", rules], ["--families", "inet6", "--default", "allow"]]) {
      await using program = HeldProgram.run(["sh", "-c", look], options);
      await using ada = await program.visit();
      const { host, hash } = new URL(await program.link());
      await program.type(`${host}\n`);
      const { stdout } = await program.end();
      const [seen, tries] = stdout.split("looked\n");
      ok(!seen!.includes(hash.slice("#login=".length)));
      equal(tries, `${NO_CONNECTION}\n${NO_CONNECTION}\n`);
      deepEqual(complaintsOf(ada), []);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test("attack: another program of the user reads the link from snet's memory, before or after it was opened", async () => {
  await using program = HeldProgram.run(["sh", "-c", "echo started; read word"], [], { plain: true });
  await program.link();
  const [command, ...before] = [...asPlainUser(), "head", "--bytes=1"];
  const read = async (pid: number | "self") => {
    const args = [...before, `/proc/${pid}/environ`];
    const { success } = await new Deno.Command(command!, { args, stderr: "null" }).output();
    return success;
  };
  equal(await read("self"), true);
  equal(await read(program.pid), false);
  await using _ada = await program.visit();
  await program.wrote("started");
  equal(await read(program.pid), false);
});

test("attack: the program reaches the page by another name of its address", async () => {
  const script = `import socket
host, port = input().split(":")
def reach(name, family, source, to, fast):
    s = socket.socket(family)
    try:
        s.bind((source, 0))
        if fast: s.sendto(b"GET / HTTP/1.0\\r\\n\\r\\n", 0x20000000, (to, int(port)))
        else: s.connect((to, int(port)))
        print(name, "reached")
    except OSError as error: print(name, error.errno)
for fast in (False, True):
    reach("its own", socket.AF_INET, host, host, fast)
    reach("any", socket.AF_INET, host, "0.0.0.0", fast)
    reach("mapped any", socket.AF_INET6, "::ffff:" + host, "::ffff:0.0.0.0", fast)
`;
  await using program = HeldProgram.run(["/usr/bin/python3", "-c", script], ["--default", "allow"]);
  await using _ada = await program.visit();
  await program.type(`${new URL(await program.link()).host}\n`);
  const EPERM = 1;
  const tries = ["its own", "any", "mapped any"].map((name) => `${name} ${EPERM}\n`).join("");
  equal((await program.end()).stdout, tries + tries);
});

test("two runs are answered in one browser, each on its own page", async () => {
  await using server = new WordServer();
  await using one = HeldProgram.run(curl(server.url("/1")));
  await using two = HeldProgram.run(curl(server.url("/2")));
  await using ada = await one.visit();
  const page = await ada.context.newPage();
  await page.goto(await two.link());
  await page.getByRole("link", { name: /^Questions/ }).click();
  await page.getByText("/2").waitFor();
  await click({ page, settle: () => ada.settle(page) }, "Deny");
  equal((await two.end()).code, NO_CONNECTION);
  // Whoever has logged in at the other one is logged in here all the same.
  await ada.page.reload();
  await ada.page.getByText("/1").waitFor();
  await click(bound(ada), "Allow");
  deepEqual([(await one.end()).stdout, server.paths], ["word\n", ["/1"]]);
});

test("the link works once; whoever comes second is told where links come from", async () => {
  await using server = new WordServer();
  await using program = HeldProgram.run(curl(server.url()));
  await using ada = await program.visit();
  const context = await ada.context.browser()!.newContext();
  const page = await context.newPage();
  await page.goto(await program.link());
  await page.getByText("This link was used already").waitFor();
  await page.getByText("snet run prints a link when it starts").first().waitFor();
  equal(await page.getByText("snet web").count(), 0);
  await context.close();
  await click(bound(ada), "Allow");
  equal((await program.end()).stdout, "word\n");
});

test("the program does not start before the link is opened, and a key ends the wait", async () => {
  await using program = HeldProgram.run(["sh", "-c", "echo started"]);
  await program.link();
  Deno.kill(program.pid, "SIGINT");
  const { stdout } = await program.end();
  equal(stdout, "");
});

test("a program that is not there is told before there is a link", async () => {
  await using program = HeldProgram.run(["/nonexistent"]);
  const { code, stderr } = await program.end();
  deepEqual([code, stderr.includes("#login=")], [127, false]);
});

test("a rule of an answer stands before the one that asked, in the same file", async () => {
  await using server = new WordServer();
  const folder = await Deno.makeTempDir({ prefix: "snet-held-" });
  const file = `${folder}/rules.yaml`;
  try {
    await Deno.writeTextFile(
      file,
      "version: 1\nrules:\n  # The rest is asked about.\n  - { ask: snet.out }\n",
    );
    const options = ["--rules", file, "--save", file];
    await using program = HeldProgram.run(curl(server.url()), options);
    await using ada = await program.visit();
    await ada.page.getByText("always", { exact: true }).click();
    await click(bound(ada), "Allow");
    equal((await program.end()).stdout, "word\n");
    match(await Deno.readTextFile(file), /allow: snet\.out[^]*# The rest is asked about\.\n {2}- \{ ask/);
    await using again = HeldProgram.run(curl(server.url()), options);
    await using _bob = await again.visit();
    equal((await again.end()).stdout, "word\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
