/** `deno task page`: bundles the page's script to dist/page.js, from where the program takes it. */

const ROOT = new URL("../", import.meta.url).pathname;
const OUTPUT = `${ROOT}dist/page.js`;

/** Bytes that the script may have: more would be felt on a slow link to a router. */
const MOST = 150_000;

/** Throws an Error of one line where the bundle cannot be made, or has grown too large. */
export async function buildPage(): Promise<void> {
  await Deno.mkdir(`${ROOT}dist`, { recursive: true });
  const fresh = `${OUTPUT}.${Deno.pid}`;
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform",
      "browser",
      "--minify",
      "--output",
      fresh,
      `${ROOT}web/page/main.tsx`,
    ],
    cwd: ROOT,
    stdin: "null",
  });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`Cannot bundle the page: ${new TextDecoder().decode(stderr).trim()}`);
  const { size } = await Deno.stat(fresh);
  if (size > MOST) throw new Error(`The page's script has ${size} bytes, more than ${MOST}`);
  // Whole, or as before: another task may read it at this moment.
  await Deno.rename(fresh, OUTPUT);
}

if (import.meta.main) await buildPage();
