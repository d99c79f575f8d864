/** The end of a session, from wherever one is. */

import { useSignal } from "@preact/signals";
import { logOut, refusal, session } from "./http.ts";
import { Button } from "./parts.tsx";

export function LogOut() {
  const failure = useSignal<string | undefined>(undefined);
  const end = async () => {
    const refused = await refusal(logOut);
    // Who is not logged in any more is told that by the page.
    failure.value = session.value === null ? undefined : refused;
  };
  return (
    <>
      {failure.value !== undefined && <span class="error" role="alert">{failure.value}</span>}
      <Button class="quiet" onClick={() => void end()}>Log out</Button>
    </>
  );
}
