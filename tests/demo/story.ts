/**
 * What the demo shows, inside the test kernel: programs try what the example's rules allow and deny. Ends with 0 only
 * if all went as promised.
 */

import { Background, check, prompt, run, say, showSnet, Stage, summary } from "./stage.ts";

const PYTHON = "/usr/bin/python3";
const CURL = "/usr/bin/curl";
const NC = "/usr/bin/nc";
/** Seconds after which the kernel answers by itself: `delay` in snet.yaml. */
const DELAY = 3;

/** A program's try, what it must come to, and who must have decided so. */
interface Try {
  readonly promise: string;
  readonly command: readonly [string, ...string[]];
  /** Whether the program succeeds. */
  readonly succeeds: boolean;
  /** What it must say. */
  readonly says: RegExp;
  readonly event: string;
  /** The rule's name, or the cause of an answer without a rule: `default`. */
  readonly by: string;
  readonly action: "allow" | "deny";
  /** Name of the errno of a denial. */
  readonly errno?: string;
}

async function attempt(stage: Stage, { promise, command, succeeds, says, event, by, action, errno }: Try) {
  prompt(command);
  const from = stage.seen.length;
  const [program, ...args] = command;
  const ended = await run(program, args);
  const decision = await stage.decided(from, event, by);
  const line = ended.text.split("\n").find((line) => says.test(line));
  say(`  ${line ?? ended.text}`);
  const held = (ended.code === 0) === succeeds && line !== undefined && decision.action === action &&
    decision.errnoName === errno;
  const who = by === "default" ? "by default" : `by rule "${by}"`;
  const how = `${action === "allow" ? "allowed" : `denied with ${errno}`} ${who}, ${
    Math.round(decision.held)
  } µs`;
  check(
    `${promise}: ${how}`,
    held,
    `exit code ${ended.code}, ${decision.action} ${decision.errnoName ?? ""}, ${ended.text}`,
  );
}

async function story(): Promise<void> {
  await showSnet("doctor");
  await showSnet("rules", "check", "tests/demo/rules.yaml");
  say("\nsnet daemon and snet watch start; from here on each row is a call that was held.\n", "strong");
  await using stage = await Stage.open();
  await using server = await serve(stage, 8080);
  await using _admin = await serve(stage, 8081);
  await allowed(stage);
  await denied(stage);
  await accepted(stage, server);
  await ticket(stage);
  await unanswered(stage);
  await showSnet("tickets", "list");
  await showSnet("stats");
  say("\nThe daemon is told to stop (SIGTERM).", "strong");
  const code = await stage.daemon.end("SIGTERM");
  check("the daemon stops with exit code 0", code === 0, `exit code ${code}`);
}

/** Starts a listener: it must be allowed to bind and to listen. */
async function serve(stage: Stage, port: number): Promise<Background> {
  prompt([PYTHON, "listener.py", String(port)]);
  const from = stage.seen.length;
  const server = new Background(PYTHON, ["listener.py", String(port)]);
  await server.said(/^listening/);
  const bind = await stage.decided(from, "snet.bind", "may bind");
  const listen = await stage.decided(from, "snet.listen", "may listen");
  say(`  ${server.lines[0]}`);
  const held = bind.action === "allow" && listen.action === "allow";
  check(
    `bind and listen on port ${port}: allowed by "may bind", "may listen"`,
    held,
    server.lines.join(" "),
  );
  return server;
}

async function allowed(stage: Stage): Promise<void> {
  await attempt(stage, {
    promise: "connect",
    command: [CURL, "-sS", "http://127.0.0.1:8080/"],
    succeeds: true,
    says: /^hello$/,
    event: "snet.connect",
    by: "web",
    action: "allow",
  });
  await attempt(stage, {
    promise: "sendto",
    command: [PYTHON, "send.py", "5353"],
    succeeds: true,
    says: /^sent 5 bytes$/,
    event: "snet.sendmsg",
    by: "names",
    action: "allow",
  });
}

async function denied(stage: Stage): Promise<void> {
  await attempt(stage, {
    promise: "connect to a live port",
    command: [CURL, "-sSv", "http://127.0.0.1:8081/"],
    succeeds: false,
    says: /No route to host/,
    event: "snet.connect",
    by: "no admin",
    action: "deny",
    errno: "EHOSTUNREACH",
  });
  await attempt(stage, {
    promise: "bind",
    command: [NC, "-l", "127.0.0.1", "31337"],
    succeeds: false,
    says: /Permission denied/,
    event: "snet.bind",
    by: "no backdoor",
    action: "deny",
    errno: "EACCES",
  });
  await attempt(stage, {
    promise: "listen",
    command: [PYTHON, "listener.py", "8089"],
    succeeds: false,
    says: /^listen: .*Operation not supported/,
    event: "snet.listen",
    by: "not on 8089",
    action: "deny",
    errno: "EOPNOTSUPP",
  });
  await attempt(stage, {
    promise: "sendto",
    command: [PYTHON, "send.py", "5354"],
    succeeds: false,
    says: /^sendto: .*Network is unreachable/,
    event: "snet.sendmsg",
    by: "no leak",
    action: "deny",
    errno: "ENETUNREACH",
  });
  await attempt(stage, {
    promise: "connect that no rule names",
    command: [NC, "-nzv", "127.0.0.1", "9999"],
    succeeds: false,
    says: /Operation not permitted/,
    event: "snet.connect",
    by: "default",
    action: "deny",
    errno: "EPERM",
  });
}

/** The listener's accept is held until it is known who may come in. */
async function accepted(stage: Stage, server: Background): Promise<void> {
  for (
    const { peer, by, action, said } of [
      { peer: "127.0.0.1", by: "local peer", action: "allow", said: /^accept: 127\.0\.0\.1$/ },
      {
        peer: "127.0.0.2",
        by: "no guests",
        action: "deny",
        said: /^accept: .*Software caused connection abort/,
      },
    ]
  ) {
    const words = ["-nz", "-s", peer, "127.0.0.1", "8080"];
    prompt([NC, ...words]);
    const from = stage.seen.length;
    const lines = server.lines.length;
    await run(NC, words);
    const decision = await stage.decided(from, "snet.post_accept", by);
    const line = await server.said(said, lines);
    say(`  the listener says ${line}`);
    const how = action === "allow" ? "allowed" : "denied with ECONNABORTED";
    check(
      `accept from ${peer}: ${how} by rule "${by}"`,
      decision.action === action,
      decision.action,
    );
  }
}

/** The second of two identical calls is answered by the kernel alone. */
async function ticket(stage: Stage): Promise<void> {
  say("\nThe same call again: the rule says remember, so the kernel has a ticket for it.", "strong");
  const words = ["-sS", "http://127.0.0.1:8080/"];
  prompt([CURL, ...words]);
  const from = stage.seen.length;
  const before = await stage.counters();
  const { text } = await run(CURL, words);
  await stage.decided(from, "snet.post_accept", "local peer");
  say(`  ${text}`);
  const after = await stage.counters();
  const hits = after["ticketAllowed"]! - before["ticketAllowed"]!;
  const asked = stage.seen.slice(from).filter(({ event }) => event.name === "snet.connect").length;
  check(
    `connect: answered by its ticket, nobody was asked (ticket hits: ${before["ticketAllowed"]} → ${
      after["ticketAllowed"]
    })`,
    text === "hello" && hits === 1 && asked === 0,
    `${text}; ${hits} hits, ${asked} questions`,
  );
}

/** A daemon that does not answer: the kernel does, after its delay. */
async function unanswered(stage: Stage): Promise<void> {
  say("\nThe daemon is stopped (SIGSTOP): nobody answers.", "strong");
  const words = ["-nzv", "127.0.0.1", "8080"];
  prompt([NC, ...words]);
  const from = stage.seen.length;
  const before = await stage.counters();
  stage.daemon.signal("SIGSTOP");
  const { code, text, seconds } = await run(NC, words);
  stage.daemon.signal("SIGCONT");
  say(`  ${text}`);
  await stage.decided(from, "snet.connect", "late");
  const after = await stage.counters();
  const ended = after["endsTimeoutDenied"]! - before["endsTimeoutDenied"]!;
  check(
    `connect: nobody answered, the kernel's policy denied it after ${seconds.toFixed(1)} s`,
    code !== 0 && /Operation not permitted/.test(text) && seconds >= DELAY && ended === 1,
    `exit code ${code} after ${seconds.toFixed(1)} s, ${ended} timeouts, ${text}`,
  );
  say("\nThe daemon goes on (SIGCONT).", "strong");
  await attempt(stage, {
    promise: "connect",
    command: [NC, "-nzv", "127.0.0.1", "8080"],
    succeeds: true,
    says: /succeeded/,
    event: "snet.connect",
    by: "tools",
    action: "allow",
  });
}

try {
  await story();
  Deno.exit(summary() ? 0 : 1);
} catch (error) {
  summary();
  console.error(`\nThe demo broke off: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
