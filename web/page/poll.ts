/** What the daemon tells when it is asked: asked again and again, while it is seen. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { get, RequestError } from "./http.ts";

/** What was told last, and why nothing newer was; both undefined at first. */
export interface Polled<T> {
  readonly value: Signal<T | undefined>;
  readonly failure: Signal<string | undefined>;
  /** Asks at once. */
  readonly refresh: () => Promise<void>;
}

/** Asks for JSON at `path` every so many milliseconds, at once where `path` changes. */
export function usePolled<T>(path: string, milliseconds: number): Polled<T> {
  const value = useSignal<T | undefined>(undefined);
  const failure = useSignal<string | undefined>(undefined);
  const again = useRef(() => Promise.resolve());
  useEffect(() => {
    const control = new AbortController();
    /** Turns of asking: of the last, and of the last that was answered. */
    let [asked, known] = [0, 0];
    const ask = again.current = async () => {
      if (document.visibilityState !== "visible") return;
      const own = ++asked;
      try {
        const told = await get<T>(path, control.signal);
        // What was asked for earlier, and comes later, is of before.
        if (own < known) return;
        known = own;
        value.value = told;
        failure.value = undefined;
      } catch (error) {
        if (error instanceof RequestError && own > known) failure.value = error.message;
      }
    };
    const timer = setInterval(ask, milliseconds);
    // Whoever comes back sees what is, not what was.
    document.addEventListener("visibilitychange", ask);
    void ask();
    return () => {
      control.abort();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", ask);
    };
  }, [path]);
  return { value, failure, refresh: () => again.current() };
}
