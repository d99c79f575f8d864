/** How long a state may take to come about, milliseconds. It never takes so long: it is a bound, not a delay. */
export const BOUND = 30_000;

/** How often a state is looked at, milliseconds. */
const STEP = 3;

/**
 * Waits until `look` returns something other than undefined or false, and returns that.
 *
 * @throws Error that says what did not come about.
 */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  bound = BOUND,
): Promise<T> {
  const end = performance.now() + bound;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`this did not come about within ${bound / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
}

/** The same for a promise that something settles. */
export async function within<T>(what: string, promise: Promise<T>, bound = BOUND): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`this did not come about within ${bound / 1000} s: ${what}`)),
      bound,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
