/** The end of a session, from wherever one is. */

import { useSignal } from "@preact/signals";
import { logOut, RequestError, session } from "./http.ts";

export function LogOut() {
  const failure = useSignal<string | undefined>(undefined);
  const end = async () => {
    try {
      await logOut();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      // Who is not logged in any more is told that by the page.
      failure.value = session.value === null ? undefined : error.message;
    }
  };
  return (
    <>
      {failure.value !== undefined && <span class="error" role="alert">{failure.value}</span>}
      <button type="button" class="quiet" onClick={end}>Log out</button>
    </>
  );
}
