/**
 * The runtime of a TypeScript or JavaScript plugin: the plugin's side of the protocol. It gives up what only the runtime
 * needs before it loads the plugin; the kernel holds the rest, whatever the plugin does to this code.
 */

import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { close, filterCalls, limitSelf, noExecuteFilter, ownData, ResourceLimit } from "../../ffi/mod.ts";
import { importErrorText } from "../external/import_error.ts";
import { errorText } from "./error_text.ts";
import { Lines } from "./lines.ts";
import { lineOf, LONGEST_TEXT, type PluginMessage } from "./protocol.ts";

/** What the launcher tells the runtime. */
export interface ModuleRole {
  /** The plugin's file. */
  readonly module: string;
  /** Bytes that it may take beside what the runtime has when it begins. */
  readonly memory: number;
  /** Descriptor of /proc/self/statm. */
  readonly memoryStatus: number;
}

/** Runs the plugin until standard input ends. */
export async function runModule({ module, memory, memoryStatus }: ModuleRole): Promise<void> {
  const send = (message: PluginMessage) => writeAll(encoder.encode(lineOf(message)));
  toStandardError();
  // Loaded while what loads it is still allowed.
  const [{ supplySnet }, { ModulePlugin }] = await Promise.all([
    import("./supply.ts"),
    import("./module_plugin.ts"),
  ]);
  confineMore(memory, memoryStatus);
  supplySnet();
  let plugin: InstanceType<typeof ModulePlugin>;
  try {
    const { default: exported } = await import(pathToFileURL(module).href);
    plugin = new ModulePlugin(exported, send);
  } catch (error) {
    // What imports it is no place to look at.
    const isOwn = (path: string) => path.startsWith(`${dirname(module)}/`);
    const why = importErrorText(error, isOwn, errorText).slice(0, LONGEST_TEXT);
    send({ type: "failure", why });
    return;
  }
  await eachLine((line) => plugin.take(JSON.parse(line)));
}

/** Nothing more is executed, memory has an end, and no C function can be called by JavaScript. */
function confineMore(memory: number, memoryStatus: number): void {
  limitSelf(ResourceLimit.Data, ownData(memoryStatus) + memory);
  close(memoryStatus);
  filterCalls(noExecuteFilter(), "all");
  Deno.permissions.revokeSync({ name: "ffi" });
}

const encoder = new TextEncoder();

function writeAll(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

/** What a plugin prints is for people; standard output is the daemon's. */
function toStandardError(): void {
  for (const name of ["log", "info", "debug", "dir", "table"] as const) {
    console[name] = (...words: unknown[]) => console.error(...words);
  }
}

/** Room for some thousand questions at once. */
const READ_BYTES = 64 * 1024;

async function eachLine(take: (line: string) => void): Promise<void> {
  const lines = new Lines(Infinity, { line: take, tooLong: () => {} });
  const buffer = new Uint8Array(READ_BYTES);
  // Not by a stream, which costs a question 50 µs.
  for (let length = await Deno.stdin.read(buffer); length !== null; length = await Deno.stdin.read(buffer)) {
    lines.take(buffer.subarray(0, length));
  }
}
