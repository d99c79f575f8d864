/** A plugin of an author's own, for a family of the author's own: who may open doors at night, and how often. */

import { definePlugin, deny } from "snet";
import { door } from "./door.ts";

/** Refuses doors that are forced, and at night those of others than the night watch. */
export default definePlugin({
  name: "porter",
  doc: "Keeps doors shut at night.",
  on: [door.events.opened],
  options: {
    night: { type: "integer", default: 22, min: 0, max: 23, doc: "First hour of the night, in UTC." },
    watch: { type: "integer", default: 1, doc: "Badge of the night watch." },
  },
  setup: ({ night, watch }, { clock }) => ({
    decide(event) {
      const { badge, forced } = door.of(event)!;
      if (forced) return deny("a door is being forced", { errno: 13 });
      // The hour is no part of the event: no ticket can hold it.
      event.readVolatile();
      const isNight = new Date(clock()).getUTCHours() >= night;
      return isNight && badge !== watch ? deny("it is night") : undefined;
    },
  }),
});
