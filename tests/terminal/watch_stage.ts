import { CommandStage, type CommandStageOptions } from "./command_stage.ts";
import { WatchDesk } from "./watch_desk.ts";

/** A pseudo-terminal with `snet watch`, and a daemon to ask. */
export class WatchStage extends CommandStage<WatchDesk> {
  constructor(options: CommandStageOptions = {}) {
    super("watch", (socket) => new WatchDesk(socket), options);
  }
}
