/**
 * What a plugin imports as `snet`: how it is declared, what it answers, and the types of what it is given.
 *
 * ```ts
 * import { definePlugin, deny } from "snet";
 *
 * export default definePlugin({
 *   name: "no-telnet",
 *   doc: "Refuses connections to port 23.",
 *   on: ["snet.connect"],
 *   options: {},
 *   setup: () => ({
 *     decide: (event) => event.remote?.port === 23 ? deny("telnet is not encrypted") : undefined,
 *   }),
 * });
 * ```
 *
 * @module
 */

export { definePlugin } from "../plugin.ts";
export type {
  Answer,
  Asking,
  AskingOf,
  Decision,
  Instead,
  Lane,
  NameChains,
  Occasion,
  Options,
  OptionSpec,
  OptionValue,
  Plugin,
  PluginContext,
  PluginInstance,
  PluginThread,
  RuleList,
  RuleName,
  SlowPolicy,
  SourceText,
  ThreadPort,
  Wants,
} from "../plugin.ts";
export { NoRoom } from "../no_room.ts";
export { allow, ask, deny } from "../verdict.ts";
export type { Verdict, VerdictOptions } from "../verdict.ts";
export type {
  Address,
  DeclaredAlias,
  DeclaredEventName,
  EventName,
  EventWord,
  ParentProcess,
  ProtocolEventName,
  SnetEvent,
  Socket,
  Task,
} from "../event.ts";
export { defineSubsystem } from "../subsystem.ts";
export type {
  AliasSpec,
  AttributesOf,
  AttributeSpec,
  EventOf,
  EventSpec,
  EventToShow,
  Subsystem,
  SubsystemSpec,
  TicketCover,
} from "../subsystem.ts";
export type { AttributeJson, AttributeType, AttributeValue, AttributeValues } from "../attribute.ts";
export type { Log, LogLevel } from "../log.ts";
