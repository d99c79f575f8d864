import { definePlugin, deny } from "snet";
import { isBetween, minutesOf } from "./hours.ts";

/** What a program sees that may not connect now: "Network is unreachable". */
const ENETUNREACH = 101;

export default definePlugin({
  name: "quiet-hours",
  doc: "Keeps some programs off the network between two times of the day.",
  version: "1.0.0",
  on: ["snet.out"],
  options: {
    programs: { type: "strings", doc: "Paths of the programs." },
    begin: { type: "string", default: "22:00", doc: "When the quiet hours begin, local time." },
    end: { type: "string", default: "07:00", doc: "When they end." },
  },
  // On the main thread, where there is time; what it throws is told with the place of the entry.
  prepare: ({ programs, begin, end }) => ({
    programs: new Set(programs),
    hours: `${begin} to ${end}`,
    begin: minutesOf(begin),
    end: minutesOf(end),
  }),
  setup: ({ programs, hours, begin, end }, { clock }) => ({
    decide(event) {
      const { exe } = event.task;
      if (exe === undefined || !programs.has(exe)) return undefined;
      // No ticket can hold the time.
      event.readVolatile();
      return isBetween(clock(), begin, end)
        ? deny(`quiet hours, ${hours}`, { errno: ENETUNREACH })
        : undefined;
    },
  }),
});
