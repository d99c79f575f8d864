/**
 * What a million entries of a blocklist take: `deno run -A tests/bench/blocklist.ts [ENTRIES]` prints the time to read them,
 * the bytes they lie in, and the time of a look that finds and of one that does not. Each kind is measured in a process of its
 * own, so that its memory is nobody else's.
 */

import type { PluginContext } from "../../core/mod.ts";
import { event } from "../../core/testing.ts";
import { Domains } from "../../plugins/blocklist/domains.ts";
import { readLists } from "../../plugins/blocklist/lists.ts";
import blocklist from "../../plugins/blocklist/mod.ts";
import { Networks } from "../../plugins/blocklist/networks.ts";
import { networkText } from "../../plugins/parts/address.ts";

const KINDS = ["hosts", "adblock", "ipv4", "cidr", "ipv6"] as const;
type Kind = typeof KINDS[number];

/** What a kind of list took. */
interface Figures {
  readonly kind: Kind;
  /** Characters of its text, in millions. */
  readonly text: number;
  /** Milliseconds to read it, and to take over what was read where calls wait. */
  readonly read: number;
  readonly setUp: number;
  /** Megabytes of the tables, and by how much the process grew with text and tables, after and at most. */
  readonly tables: number;
  readonly grown: number;
  readonly peak: number;
  /** Nanoseconds of a look. */
  readonly hit: number;
  readonly miss: number;
}

const LOOKS = 1_000_000;
const ROUNDS = 5;
const DIFFERENT = 1 << 16;
const MB = 1e6;

/** A generator of numbers that are the same in every run (mulberry32). */
function randomOf(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let value = Math.imul(seed ^ (seed >>> 15), seed | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
}

const WORDS = [
  "ads",
  "track",
  "cdn",
  "pixel",
  "stat",
  "metric",
  "click",
  "banner",
  "img",
  "api",
  "log",
  "beacon",
];
const TOPS = ["com", "net", "org", "info", "co.uk", "de", "ru", "com.cn", "xyz", "io"];

/** Names as lists have them: about 20 characters, three labels. */
function domainOf(index: number): string {
  const random = randomOf(index)();
  const word = WORDS[random % WORDS.length]!;
  const other = WORDS[(random >>> 8) % WORDS.length]!;
  return `${word}${index % 7}.${other}-${index.toString(36)}.${TOPS[(random >>> 16) % TOPS.length]}`;
}

function ipv4Of(index: number): number {
  // An odd factor meets each address once.
  return Math.imul(index, 0x9e3779b1) >>> 0;
}

function ipv6Of(index: number): number[] {
  return [0x20010000 | (index & 0xfff), Math.imul(index, 0x9e3779b1), 0, index];
}

function lineOf(kind: Kind, index: number): string {
  switch (kind) {
    case "hosts":
      return `0.0.0.0 ${domainOf(index)}`;
    case "adblock":
      return `||${domainOf(index)}^`;
    case "ipv4":
      return networkText({ family: 4, words: [ipv4Of(index) | 0], bits: 32 });
    case "cidr":
      return networkText({ family: 4, words: [ipv4Of(index) & ~255], bits: 24 });
    case "ipv6":
      return networkText({ family: 6, words: ipv6Of(index), bits: 128 });
  }
}

/** What is looked for, one after the other; `from` is an index that is listed or not. */
function lookOf(kind: Kind, lists: ReturnType<typeof readLists>, from: number): (index: number) => number {
  if (kind === "hosts" || kind === "adblock") {
    const domains = new Domains(lists.domains);
    const names = Array.from({ length: DIFFERENT }, (_, i) => domainOf(from + i * 7));
    return (index) => domains.find(names[index & (DIFFERENT - 1)]!);
  }
  const networks = new Networks(lists.networks);
  if (kind === "ipv6") {
    const words = Int32Array.from({ length: DIFFERENT * 4 }, (_, i) => ipv6Of(from + (i >> 2) * 7)[i & 3]!);
    return (index) => {
      const at = (index & (DIFFERENT - 1)) * 4;
      return networks.find6(words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
    };
  }
  const addresses = Uint32Array.from({ length: DIFFERENT }, (_, i) => ipv4Of(from + i * 7));
  return (index) => networks.find4(addresses[index & (DIFFERENT - 1)]!);
}

/** Nanoseconds of a look, the least of several rounds: whatever else the machine does only adds to it. */
function timeOf(look: (index: number) => number): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    let found = 0;
    for (let i = 0; i < LOOKS; i++) found += look(i);
    if (found === 0.5) throw new Error("never: it keeps the loop from being left out");
    return (performance.now() - start) * 1e6 / LOOKS;
  });
  return Math.min(...times);
}

/** A line of /proc/self/status that counts memory, in megabytes. */
function memory(name: "VmRSS" | "VmHWM"): number {
  const [, kilobytes] = Deno.readTextFileSync("/proc/self/status").match(
    new RegExp(`^${name}:\\s*(\\d+)`, "m"),
  )!;
  return Number(kilobytes) * 1024 / MB;
}

function sizeOf(tables: readonly (object | undefined)[]): number {
  return tables.flatMap((data) => Object.values(data ?? {}) as SharedArrayBuffer[])
    .reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Collects what nobody holds; the memory goes back to the system a moment later, on another thread. */
async function collected(): Promise<void> {
  for (let i = 0; i < 3; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Reads a list of a file as the daemon does, and keeps its text as the daemon does. */
async function measure(kind: Kind, path: string, entries: number): Promise<Figures> {
  // Compiled and warm before memory is measured.
  readLists([{ path, text: Array.from({ length: 2000 }, (_, i) => lineOf(kind, i)).join("\n") }], {
    subdomains: true,
  });
  await collected();
  const before = memory("VmRSS");
  const files = [{ path, text: Deno.readTextFileSync(path) }];
  const start = performance.now();
  const lists = readLists(files, { subdomains: true });
  const read = performance.now() - start;
  const peak = memory("VmHWM") - before;
  await collected();
  const grown = memory("VmRSS") - before;
  if (lists.entries !== entries || lists.malformed > 0) throw new Error(`${lists.entries} entries were read`);
  return {
    kind,
    text: files[0]!.text.length / 1e6,
    read,
    setUp: setUpTime(path, files),
    tables: sizeOf([lists.domains, lists.networks.ipv4, lists.networks.ipv6]) / MB,
    grown,
    peak,
    hit: timeOf(lookOf(kind, lists, 0)),
    miss: timeOf(lookOf(kind, lists, entries + 1)),
  };
}

/** Milliseconds from what `prepare` made to the first decision by it. */
function setUpTime(path: string, files: readonly { readonly path: string; readonly text: string }[]): number {
  const context: PluginContext = { clock: () => 0, verifiedExe: () => true, names: () => [[path]] };
  const options = {
    files,
    action: "deny",
    errno: "EPERM",
    incoming: false,
    subdomains: true,
    remember: undefined,
  } as const;
  const prepared = blocklist.prepare!(options, context);
  const start = performance.now();
  blocklist.setup(structuredClone(prepared), context).decide!(event());
  return performance.now() - start;
}

function inProcess(kind: Kind, entries: number): Figures {
  const path = Deno.makeTempFileSync();
  try {
    const lines = Array.from({ length: entries }, (_, index) => lineOf(kind, index));
    Deno.writeTextFileSync(path, `# ${kind}\n${lines.join("\n")}\n`);
    const { stdout, stderr, success } = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--v8-flags=--expose-gc", import.meta.filename!, String(entries), kind, path],
    }).outputSync();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    Deno.removeSync(path);
  }
}

if (import.meta.main) {
  const [count = "1000000", kind, path] = Deno.args;
  const entries = Number(count);
  if (path !== undefined) console.log(JSON.stringify(await measure(kind as Kind, path, entries)));
  else {
    const figures = KINDS.map((kind) => inProcess(kind, entries));
    console.log(`${entries} entries`);
    console.table(Object.fromEntries(figures.map(({ kind, ...rest }) => [
      kind,
      Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Number(value.toFixed(1))])),
    ])));
  }
}
