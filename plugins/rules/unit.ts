/** systemd units of a cgroup path. */

/**
 * The units that a cgroup path lies in: its slices from the top, then the service, scope, socket … below them. Below that unit
 * its owner names the folders as it likes (a user's manager could make one called `nginx.service`), so nothing there counts.
 *
 * `/system.slice/cron.service/x` lies in `system.slice` and `cron.service`.
 */
export function unitsOf(path: string): readonly string[] {
  const units: string[] = [];
  for (const part of path.split("/")) {
    if (part === "") continue;
    // systemd puts "_" before names that the kernel would take for its own files.
    const name = part.startsWith("_") ? part.slice(1) : part;
    if (!UNIT.test(name)) break;
    units.push(name);
    if (!name.endsWith(".slice")) break;
  }
  return units;
}

const UNIT = /^[^/]+\.(service|scope|slice|socket|mount|swap)$/;
