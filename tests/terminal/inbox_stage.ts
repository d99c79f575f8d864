import { CommandStage, type CommandStageOptions } from "./command_stage.ts";
import { Desk } from "./desk.ts";

/** A pseudo-terminal with `snet ask`, and a daemon to ask. */
export class InboxStage extends CommandStage<Desk> {
  constructor(options: CommandStageOptions = {}) {
    super("ask", (socket) => new Desk(socket), options);
  }
}
