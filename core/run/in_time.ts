/** Waiting for somebody who may not answer. */

/** What a promise resolves to; undefined where it fails, or takes longer than so many milliseconds. */
export async function inTime<T>(milliseconds: number, promise: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), milliseconds);
  try {
    return await Promise.race([promise.catch(() => undefined), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
