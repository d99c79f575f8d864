/** The page: who is logged in, where one is, and what is there. */

import { render } from "preact";
import { effect, signal } from "@preact/signals";
import { Drawer } from "./drawer.tsx";
import { advice, logIn, onSessionElsewhere, RequestError, session, visitor } from "./http.ts";
import { chosen, stream } from "./live.ts";
import { LogOut } from "./log_out.tsx";
import { Failure } from "./parts.tsx";
import { forgetQuestions, questions, questionStream } from "./questions.ts";
import { ROLES } from "./words.ts";
import { LiveView } from "./views/live.tsx";
import { OverviewView } from "./views/overview.tsx";
import { PluginsView } from "./views/plugins.tsx";
import { QuestionsView } from "./views/questions.tsx";
import { RulesView } from "./views/rules.tsx";

const VIEWS = {
  live: ["Live", LiveView],
  questions: ["Questions", QuestionsView],
  rules: ["Rules", RulesView],
  overview: ["Overview", OverviewView],
  plugins: ["Plugins", PluginsView],
} as const;
type Place = keyof typeof VIEWS;

const place = signal<Place>(placeOf(location.hash));
const failure = signal<string | undefined>(undefined);

function placeOf(hash: string): Place {
  const name = hash.replace(/^#\/?/, "");
  return Object.hasOwn(VIEWS, name) ? name as Place : "live";
}

function Page() {
  if (session.value === undefined) {
    return <main class="alone">{failure.value && <p>{failure.value}</p>}</main>;
  }
  if (session.value === null) return <Login />;
  const { program } = session.value;
  const [, View] = VIEWS[place.value];
  return (
    <>
      <nav aria-label="Views">
        <span class="brand">snet</span>
        <div class="views">
          {Object.entries(VIEWS).map(([name, [title]]) => (
            <a key={name} href={`#/${name}`} aria-current={place.value === name ? "page" : undefined}>
              {title}
              {name === "questions" && questions.value.length > 0 && (
                <span class="count">{questions.value.length}</span>
              )}
            </a>
          ))}
        </div>
        <div class="grow" />
        {/* Always there, so that readers of screens hear of it. */}
        <span class="badge away" role="status">
          {questionStream.state.value === "away" &&
            (program === undefined ? "reconnecting…" : `${program} has ended`)}
        </span>
        <span
          class="who"
          title={program === undefined ? ROLES[session.value.role] : `Questions of ${program}, until it ends`}
        >
          {program ?? session.value.user}{" "}
          <small>{program === undefined ? session.value.role : "snet run"}</small>
        </span>
        <LogOut />
      </nav>
      <main>
        <Failure kind="notice" of={failure.value} />
        <View />
      </main>
      <Drawer />
    </>
  );
}

function Login() {
  if (advice.value !== undefined) {
    return (
      <main class="alone">
        <h1>snet</h1>
        <p>Nobody is logged in here: {advice.value}.</p>
        <Failure of={failure.value} />
      </main>
    );
  }
  return (
    <main class="alone">
      <h1>snet</h1>
      <p>
        Nobody is logged in here. {user !== undefined && "The session has ended, or snet was started again. "}
        In a terminal on this machine, run
      </p>
      <pre>snet web</pre>
      <p>
        and open the link that it prints. The link works once
        {user !== undefined && "; all tabs of this browser then go on"}.
      </p>
      <Failure of={failure.value} />
    </main>
  );
}

async function begin(): Promise<void> {
  const secret = /^#login=([\w-]+)$/.exec(location.hash)?.[1];
  try {
    if (secret !== undefined) {
      // Neither the history nor the address line keeps it.
      history.replaceState(null, "", "/");
      session.value = await logIn(secret);
    } else {
      session.value = await visitor();
    }
    failure.value = undefined;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    // Whether somebody is logged in is not known while the daemon is away.
    if (error.status === 0 && session.value) return;
    // Nobody needs to be told that a page asks who they are; that a link did not do, they do.
    failure.value = error.status === 401 && secret === undefined ? undefined : error.message;
    // A link that was used already ends nothing: whoever is logged in here stays so.
    session.value = secret === undefined ? null : await visitor().catch(() => null);
  }
}

/** Who was logged in last. */
let user: string | undefined;

addEventListener("hashchange", () => {
  if (location.hash.startsWith("#login=")) return void begin();
  place.value = placeOf(location.hash);
  failure.value = undefined;
  chosen.value = undefined;
});
onSessionElsewhere(() => void begin());
const isSeen = signal(document.visibilityState === "visible");
document.addEventListener("visibilitychange", () => isSeen.value = document.visibilityState === "visible");
effect(() => {
  if (session.value === null) forgetQuestions();
  if (!session.value) return;
  if (user === undefined || user === session.value.user) {
    user = session.value.user;
    return;
  }
  // What one user was shown is not for another, nor while the page comes anew.
  location.reload();
  session.value = undefined;
});
effect(() => {
  if (session.value && isSeen.value) stream.open();
  else stream.close();
});
effect(() => {
  if (session.value) questionStream.open();
  else questionStream.close();
});
effect(() => {
  if (isSeen.value) questionStream.nudge();
});
effect(() => {
  const name = session.value?.program === undefined ? "snet" : `${session.value.program} · snet`;
  document.title = questions.value.length > 0 ? `(${questions.value.length}) ${name}` : name;
});
render(<Page />, document.getElementById("page")!);
void begin();
