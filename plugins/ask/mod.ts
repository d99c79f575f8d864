/** Holds calls for people: whoever may answer sees them at the daemon's control socket, and says what becomes of them. */

import { isAbsolute } from "node:path";
import {
  bootMilliseconds,
  definePlugin,
  groupNumber,
  localUsers,
  type OptionSpec,
  parseEvents,
  saveRule,
  userNumber,
} from "../../core/mod.ts";

import { parseEventOption } from "../parts/told.ts";
import { Desk } from "./desk.ts";
import { newId } from "./id.ts";

const DAY = 86_400_000;
/** Whole days for which a timer of the runtime can be set: it takes 31 bits of milliseconds. */
const LONGEST = 24 * DAY;

/** How a rule file begins that the plugin has made. */
const HEADING = "# Rules from answers for always (plugin ask); the first that matches wins.\n";

const OPTIONS = {
  undecided: {
    type: "strings",
    default: [],
    byHand: false,
    doc:
      "Events of which people are asked about all that nobody has decided; without any, only where a rule says ask.",
  },
  save: {
    type: "string",
    optional: true,
    doc: "Rule file to which answers for always are added, an absolute path; without it there are none.",
  },
  longest: {
    type: "duration",
    default: DAY,
    min: 1000,
    max: 365 * DAY,
    doc: "The longest time for which an answer for a time may hold.",
  },
  lastingUsers: {
    type: "strings",
    default: [],
    doc: "Users besides root, by name or uid, who may answer for always, and about any program of theirs.",
  },
  lastingGroups: {
    type: "strings",
    default: [],
    doc: "Groups, by name or gid, whose members may do the same.",
  },
  questions: {
    type: "integer",
    default: 1024,
    min: 1,
    max: 65_536,
    doc: "Distinct questions that may wait at once; what comes beyond goes by whenFailed.",
  },
  userQuestions: {
    type: "integer",
    default: 256,
    min: 1,
    max: 65_536,
    doc: "Distinct questions of one user, or of one client of a server, that may wait at once.",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export default definePlugin({
  name: "ask",
  doc: "Holds calls until people have answered, at a terminal with 'snet ask' or over the control API.",
  lane: "slow",
  asks: true,
  on: ["*"],
  decides: ({ undecided }) => undecided,
  timeout: LONGEST,
  // What somebody was to decide and nobody has is not let pass.
  whenLate: "deny",
  whenFailed: "deny",
  options: OPTIONS,
  setup(
    options,
    { clock, verifiedExe, names, processes, dropTickets, clientOf, netns, isRun = false, placeOf },
  ) {
    const { undecided, save, longest, questions } = options;
    if (save !== undefined && !isAbsolute(save)) {
      throw new Error(
        `option "save" is "${save}"; write an absolute path, such as /etc/snet/rules.d/10-answers.yaml`,
      );
    }
    const events = undecided.length === 0 ? [] : parseEventOption(undecided);
    const desk = new Desk({
      ...{ save, longest, clock, verifiedExe, names, newId, processes, clientOf, netns, isRun },
      undecided: new Set(events),
      most: questions,
      mostOfUser: options.userQuestions,
      lastingUsers: new Set(options.lastingUsers.map(userNumber)),
      lastingGroups: new Set(options.lastingGroups.map(groupNumber)),
      addRule: (rule, asked) => saveRule(save!, rule, placeOf?.(asked), HEADING),
      dropTickets,
      userName: localUsers(),
      now: () => performance.now(),
      lasting: bootMilliseconds,
    });
    return {
      events: parseEvents(["*"]),
      undecided: events,
      questions: desk,
      decide: (event, asking) => desk.decide(event, asking),
      counters: () => desk.counters(),
      close: () => desk.close(),
    };
  },
});
