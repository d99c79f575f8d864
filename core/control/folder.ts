/** Who can put something in the place of the control socket or of its lock. */

import { dirname } from "node:path";

/** Permission to write for the group or for all others. */
const WRITABLE = 0o022;
/** What is in such a folder can be removed by its owner only. */
const STICKY = 0o1000;

/**
 * Makes sure that nobody but root and `uid` can put files into a folder, or another folder in its place: the daemon
 * opens, empties and gives away files there, which then might be others.
 *
 * Throws an Error that says who could, and `advice`.
 */
export function checkFolder(folder: string, uid: number, advice = ADVICE): void {
  const real = Deno.realPathSync(folder);
  for (let path = real;; path = dirname(path)) {
    const status = Deno.statSync(path);
    const [owner, mode] = [status.uid ?? 0, status.mode ?? 0];
    if (owner !== 0 && owner !== uid) throw new Error(`${path} belongs to uid ${owner}${advice}`);
    const isSafe = (mode & WRITABLE) === 0 || (path !== real && (mode & STICKY) !== 0);
    if (!isSafe) throw new Error(`others may write to ${path}${advice}`);
    if (path === "/") return;
  }
}

const ADVICE =
  ", so that the control socket could be replaced; choose a folder of root alone, such as /run/snet";
