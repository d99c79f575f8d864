/** Files that people and several programs write: changed as a whole, or not at all. */

import { basename, dirname, join, resolve } from "node:path";
import { utf8, utf8Bytes } from "../../ffi/mod.ts";

/** For a new file, before the umask. */
const NEW_FILE = 0o644;
const PERMISSIONS = 0o7777;
/** Links that are followed, as in Linux (MAXSYMLINKS of include/linux/namei.h). */
const LINKS = 40;

/** What becomes of a text; undefined stands for a file that is not there, and for leaving it as it is. */
export type Edit = (text: string | undefined) => string | undefined;

/** Looks for the lock of a folder, and milliseconds between them: five seconds, where a change takes one millisecond. */
const LOOKS = 200;
const PAUSE = 25;

/**
 * Puts the outcome of `edit` in place of a file's text, at once: who reads it sees the old text or the new. Mode and owner
 * stay; of a symbolic link it is the target that changes. Whoever changes a file of that folder by this function waits for the
 * others, so that nothing gets lost; `sleep` waits for so many milliseconds.
 *
 * Throws an Error of one line where that is not possible; the file is then as it was.
 */
export async function updateFile(
  path: string,
  edit: Edit,
  mode: number = NEW_FILE,
  sleep: (milliseconds: number) => Promise<void> = timer,
): Promise<void> {
  try {
    const target = targetOf(path);
    const folder = dirname(target);
    // The folder is locked and not the file: that is another one after each change.
    using directory = await Deno.open(folder);
    // Whoever may read a folder may lock it: who does for so long changes no file, and is not waited for.
    for (let looks = 1; !await directory.tryLock(true) && looks < LOOKS; looks++) await sleep(PAUSE);
    const status = statusOf(target);
    const text = status && utf8(Deno.readFileSync(target));
    const changed = edit(text);
    if (changed === undefined || changed === text) return;
    // A file that may not be written to is not to be replaced either.
    if (status !== undefined) Deno.openSync(target, { write: true }).close();
    replace(target, utf8Bytes(changed), status, mode);
    directory.syncSync();
  } catch (error) {
    if (error instanceof OwnerError || error instanceof Error && "code" in error) {
      throw new Error(`Cannot write ${path}: ${reasonOf(error)}`, { cause: error });
    }
    throw error;
  }
}

function timer(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What a path stands for after its symbolic links, also where that is not there yet. */
function targetOf(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < LINKS; links++) {
    const link = linkOf(target);
    if (link === undefined) return target;
    target = resolve(dirname(target), link);
  }
  throw new Error(`Cannot write ${path}: too many symbolic links`);
}

function linkOf(path: string): string | undefined {
  try {
    return Deno.lstatSync(path).isSymlink ? Deno.readLinkSync(path) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function statusOf(path: string): Deno.FileInfo | undefined {
  try {
    const status = Deno.lstatSync(path);
    if (!status.isFile) throw new Error(`Cannot write ${path}: it is no regular file`);
    return status;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function replace(
  target: string,
  bytes: Uint8Array<ArrayBuffer>,
  status: Deno.FileInfo | undefined,
  mode: number,
): void {
  const temporary = join(dirname(target), `.${basename(target)}.${crypto.randomUUID()}`);
  try {
    {
      using file = Deno.openSync(temporary, { write: true, createNew: true, mode: status ? 0o600 : mode });
      for (let written = 0; written < bytes.length;) written += file.writeSync(bytes.subarray(written));
      if (status !== undefined) keepOwner(temporary, status);
      file.syncSync();
    }
    Deno.renameSync(temporary, target);
  } catch (error) {
    try {
      Deno.removeSync(temporary);
    } catch {
      // It was not made, or is named already as it should be.
    }
    throw error;
  }
}

/** A file would not be whose it was. */
class OwnerError extends Error {}

/** Gives a file the owner and the permissions of the one whose place it takes. */
function keepOwner(path: string, { uid, gid, mode }: Deno.FileInfo): void {
  const made = Deno.statSync(path);
  if (made.uid !== uid || made.gid !== gid) {
    try {
      Deno.chownSync(path, uid, gid);
    } catch (error) {
      if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
      throw new OwnerError(`it belongs to uid ${uid} and gid ${gid}, and what took its place would not`);
    }
  }
  // After its owner, since a change of owner takes bits away.
  Deno.chmodSync(path, mode! & PERMISSIONS);
}

/** The kernel's words for an error, without those of the runtime around them. */
function reasonOf({ message }: Error): string {
  const [, words = message] = /^(.*?) \(os error \d+\)/.exec(message) ?? [];
  return words.charAt(0).toLowerCase() + words.slice(1);
}
