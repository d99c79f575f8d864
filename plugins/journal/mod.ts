/** Keeps every decision in a file that can be asked later: `snet log`. */

import { isAbsolute } from "node:path";
import { definePlugin, parseEvents } from "../../core/mod.ts";
import { makeFile } from "./file.ts";
import { Recorder } from "./recorder.ts";
import { rowOf } from "./row.ts";
import { openToWrite } from "./schema.ts";
import { writeWhatComes } from "./thread.ts";

const MEGABYTE = 1_000_000;
const DAY = 86_400_000;

/** Writes decisions into SQLite, from a thread of its own. */
export default definePlugin({
  name: "journal",
  doc: "Keeps every decision in a file that 'snet log' asks.",
  on: ["*"],
  decides: () => [],
  options: {
    file: {
      type: "string",
      default: "/var/lib/snet/snet.db",
      doc: "The database; its folder is made if it is missing.",
    },
    size: {
      type: "integer",
      default: 512,
      min: 8,
      max: 1_000_000,
      // With less of either what was kept is lost for good.
      byHand: true,
      doc:
        "Megabytes that the database may have; the oldest decisions make room. A decision takes about 0.8 KB. Beside it lies the write-ahead log of some 4 MB.",
    },
    age: {
      type: "duration",
      default: 90 * DAY,
      min: 60_000,
      byHand: true,
      doc: "How long a decision is kept.",
    },
    events: {
      type: "strings",
      default: ["*"],
      byHand: false,
      doc: "What is written down, of what is asked about anyway or told.",
    },
    payload: {
      type: "boolean",
      default: false,
      doc: "Keep the first bytes of what is sent too, where `kernel: { payload: … }` shows them.",
    },
    group: {
      type: "string",
      default: "snet",
      doc: "Its members may read the journal; where there is no such group only root.",
    },
  },
  prepare(options) {
    const { file, group } = options;
    if (!isAbsolute(file)) {
      throw new Error(`file "${file}" is no absolute path, such as /var/lib/snet/snet.db`);
    }
    const events = parseEvents(options.events);
    try {
      makeFile(file, group);
      openToWrite(file).close();
    } catch (error) {
      throw new Error(`Cannot keep the journal: ${(error as Error).message}`);
    }
    return { ...options, events };
  },
  setup({ file, size, age, events, payload }, { log = () => {}, startThread }) {
    let recorder: Recorder | undefined;
    // The reactor sets it up too, where nobody observes: nothing is started before something is to be written.
    const open = () =>
      recorder ??= new Recorder({
        path: file,
        limits: { size: size * MEGABYTE, age },
        start: () => startThread!("journal"),
        log,
      });
    return {
      events,
      observe: (event, decision, occasion) =>
        open().add(rowOf(event, decision, occasion, { payload }), occasion.time),
      notice: (event, occasion) => open().add(rowOf(event, undefined, occasion, { payload }), occasion.time),
      counters: () => recorder?.counts ?? { written: 0, waiting: 0, failures: 0, dropped: 0 },
      close: () => recorder?.close(),
    };
  },
  thread: writeWhatComes,
});
