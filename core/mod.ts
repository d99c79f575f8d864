/**
 * What a plugin imports as `snet`.
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

export { DEFAULT_SLOW_POLICY, definePlugin } from "./plugin.ts";
export { NoRoom } from "./no_room.ts";
export type {
  Answer,
  Asking,
  AskingOf,
  Decision,
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
} from "./plugin.ts";
export { allow, ask, deny } from "./verdict.ts";
export type { Verdict, VerdictOptions } from "./verdict.ts";
export { attributesOf, defineSubsystem, isTold, operandsOf, subsystemOf, subsystems } from "./subsystem.ts";
export type {
  AliasSpec,
  AttributesOf,
  AttributeSpec,
  EventSpec,
  EventToShow,
  Subsystem,
  SubsystemSpec,
  TicketCover,
} from "./subsystem.ts";
export type { AttributeType, AttributeValue } from "./attribute.ts";
export type { Address, EventName, EventWord, ParentProcess, SnetEvent, Socket, Task } from "./event.ts";
export { decisionJson, eventJson } from "./control/json.ts";
export type { AddressJson, EventJson, Observation, ParentJson } from "./control/api.ts";
export { addressText, printableWord } from "./cli/describe.ts";
export { attributesText, showEvent } from "./cli/shown.ts";
export { printable } from "./cli/text.ts";
export { UnixDatagram } from "./datagram.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { didYouMean, nearest } from "./suggest.ts";
export {
  ALL_EVENTS,
  EVENT_ALIASES,
  FAMILIES,
  familyName,
  isEventName,
  isProtocolEvent,
  parseEvent,
  parseEvents,
  parseFamily,
  parseProtocol,
  parseType,
  protocolName,
  PROTOCOLS,
  SOCKET_TYPES,
  typeName,
} from "./events.ts";
export {
  checkSecret,
  type IsExposed,
  parseSecret,
  type Signed,
  signedHeaders,
  verifySigned,
} from "./signature.ts";
export { certificatesOf, privateKeyOf } from "./pem.ts";
export {
  CLIENT_HEADER,
  type Policy,
  type PolicyRequest,
  randomId,
  type Refused,
  type RemoteAnswer,
  type RemoteQuestion,
  type Reply,
  SERVE_LIMITS,
  SERVE_PATHS,
  SERVE_VERSION,
  type Turn,
  type Verified,
} from "./serve/protocol.ts";
export { policyOf, readPolicy, readReply } from "./serve/messages.ts";
export { parseFields } from "./serve/fields.ts";
export type { Log, LogLevel } from "./log.ts";
export { checkFolder } from "./control/folder.ts";
export type {
  Answered,
  AnswererJson,
  AnswerJson,
  AnswerLasts,
  AnswerScope,
  QuestionJson,
} from "./control/api.ts";
export { AnswerError, type DeskChange, type DeskQuestion, type QuestionDesk } from "./questions/desk.ts";
export type { Answerer, Asked, Asker, Refusal, RefusalCause } from "./questions/may_answer.ts";
export { ticksOf } from "./questions/may_answer.ts";
export { lineOf, type Processes, type ProcessView, procfs } from "./questions/processes.ts";
export { type Question, questionOf, type Subject, subjectOf } from "./questions/question.ts";
export {
  isOfProgram,
  narrowness,
  ruleOf,
  scopeKey,
  SCOPES,
  scopesOf,
  scopeText,
} from "./questions/scopes.ts";
export type { RuleDraft } from "./rule_file/draft.ts";
export { saveRule } from "./rule_file/save.ts";
export { groupNumber, localUsers, userNumber } from "./cli/users.ts";
export { ERRNO, type ErrnoName, errnoName, errnoNumber, utf8, utf8Bytes } from "../ffi/mod.ts";
export { ConfigError, describe, YamlFile } from "./yaml.ts";
export type { IntegerRange, YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from "./yaml.ts";
