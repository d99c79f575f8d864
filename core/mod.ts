/**
 * What built-in plugins import: all of `snet`, which any plugin has (core/kit/mod.ts), and what they share with core besides.
 *
 * @module
 */

export * from "./kit/mod.ts";
export { INSTEAD, slowPolicyOf } from "./plugin.ts";
export { attributesOf, isTold, operandsOf, subsystemOf, subsystems } from "./subsystem.ts";
export { decisionJson, eventJson } from "./control/json.ts";
export type { JournalFilter } from "./cli/builtin.ts";
export type { AddressJson, EventJson, Observation, ParentJson } from "./control/api.ts";
export { addressText, printableWord } from "./cli/describe.ts";
export { attributesText, showEvent } from "./cli/shown.ts";
export { printable } from "./cli/text.ts";
export { HIGHEST_ERRNO, VERDICT_SCOPES } from "./verdict.ts";
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
export { noteOperands } from "./operand_reads.ts";
export { policyOf, readPolicy, readReply } from "./serve/messages.ts";
export { parseFields } from "./serve/fields.ts";
export { checkFolder } from "./control/folder.ts";
export { bootMilliseconds } from "./context.ts";
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
export { lineOf, parentsOf, type Processes, type ProcessView, procfs } from "./questions/processes.ts";
export { type Question, questionOf, type Subject, subjectOf } from "./questions/question.ts";
export { broadPlace, broadPrograms } from "./questions/breadth.ts";
export {
  broadReasonsOf,
  isOfProgram,
  narrowness,
  ruleOf,
  scopeKey,
  scopesOf,
  scopeText,
} from "./questions/scopes.ts";
export { SCOPES } from "./questions/scope_words.ts";
export type { RuleDraft } from "./rule_file/draft.ts";
export { saveRule } from "./rule_file/save.ts";
export { groupNumber, localUsers, userNumber } from "./cli/users.ts";
export { ERRNO, type ErrnoName, errnoName, errnoNumber, utf8, utf8Bytes } from "../ffi/mod.ts";
export { ConfigError, describe, YamlFile } from "./yaml.ts";
export type { IntegerRange, YamlEntry, YamlList, YamlMap, YamlNode, YamlScalar } from "./yaml.ts";
