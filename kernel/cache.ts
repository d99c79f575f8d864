/**
 * The folder outside the checkout that keeps kernel sources, objects and finished kernels, so that a fresh clone
 * on the same machine starts from what is already built.
 *
 * @module
 */

import { join } from "node:path";

/** `$XDG_CACHE_HOME/snet`, or `~/.cache/snet`. */
export function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") || join(Deno.env.get("HOME") || "/root", ".cache");
  return join(base, "snet");
}

/**
 * Runs `work` while no other process on this machine holds the lock `name`: two builds at once would only take
 * each other's processor, and would write the same objects.
 *
 * The kernel releases the lock when the process ends, however it ends.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(cacheFolder(), { recursive: true });
  using file = await Deno.open(join(cacheFolder(), `${name}.lock`), { create: true, write: true });
  const waiting = setTimeout(() => console.error(`waiting for another ${name} to finish …`), 2_000);
  try {
    await file.lock(true);
  } finally {
    clearTimeout(waiting);
  }
  return await work();
}

/** The text of a file, or undefined when there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether something lies at `path`. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The first 16 hexadecimal digits of the SHA-256 of all parts, each with its length in front. */
export async function digest(parts: readonly string[]): Promise<string> {
  const text = parts.map((part) => `${part.length}:${part}`).join("\n");
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(bytes).subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
}
