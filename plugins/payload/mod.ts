/** Looks into what is sent: for words, and for expressions. */

import { definePlugin, type RuleList, type RuleName, type Verdict } from "../../core/mod.ts";
import { parseErrno } from "../parts/errno.ts";
import { Programs } from "../parts/programs.ts";
import { compileExpressions, Expressions } from "./expressions.ts";
import { buildWordAutomaton, WordAutomaton } from "./word_automaton.ts";
import { readWords, Words } from "./words.ts";

/** Looks into what is sent: for words, and for expressions. */
export default definePlugin({
  name: "payload",
  doc: "Looks into the first bytes of what is sent: for words, and for expressions.",
  options: {
    words: { type: "strings", default: [], byHand: false, doc: "Words to look for." },
    files: {
      type: "files",
      default: [],
      doc: "Files of words, one a line; globs are allowed. Read again when they change.",
    },
    regexps: {
      type: "strings",
      default: [],
      byHand: false,
      doc: "Expressions to look for, 100 at most; syntax as in rules.",
    },
    "ignore-case": {
      type: "boolean",
      default: false,
      doc: "Take ASCII letters of either case for one, in words and expressions.",
    },
    found: {
      type: "choice",
      choices: ["deny", "allow", "ask"],
      default: "deny",
      doc: "The answer where one of them is found; where none is, the next plugin is asked.",
    },
    errno: {
      type: "string",
      default: "EPERM",
      byHand: false,
      doc: "Of `found: deny`: what the program sees, by name or number.",
    },
    except: {
      type: "strings",
      default: [],
      byHand: false,
      doc:
        "Paths and globs, as in rules, of programs that are not looked into, where their path can be believed.",
    },
  },
  // No other event shows what is sent.
  on: ["snet.sendmsg"],
  needsPayload: true,
  prepare({ words, files, regexps, found, errno, except, ...options }, context) {
    const ignoreCase = options["ignore-case"];
    const data = readWords(words, files);
    const list = new Words(data);
    if (list.length + regexps.length === 0) {
      throw new Error(
        `no words and no regexps, so that nothing would be found; write some, or a file of words`,
      );
    }
    new Programs(except, context);
    return {
      words: data,
      automaton: list.length === 0 ? undefined : buildWordAutomaton(list, ignoreCase),
      regexps,
      expressions: compileExpressions(regexps, ignoreCase),
      found,
      errno: parseErrno(errno),
      except,
    };
  },
  setup({ words, automaton, regexps, expressions, found, errno, except }, context) {
    const automatonOfWords = automaton && new WordAutomaton(automaton);
    const matchers = new Expressions(expressions);
    const programs = new Programs(except, context);
    const findings = new Findings(new Words(words), regexps);
    const verdicts = new Map<number, Verdict>();
    const verdictOf = (rule: number): Verdict => {
      let verdict = verdicts.get(rule);
      if (verdict === undefined) {
        const why = `what is sent holds ${findings.at(rule)!.name}`;
        verdict = { action: found, why, rule, ...(found === "deny" && { errno }) };
        verdicts.set(rule, verdict);
      }
      return verdict;
    };
    return {
      decide(event) {
        const { payload } = event;
        if (payload === undefined || programs.has(event)) return undefined;
        const word = automatonOfWords === undefined ? -1 : automatonOfWords.find(payload);
        if (word >= 0) return verdictOf(word);
        const expression = matchers.find(payload);
        return expression < 0 ? undefined : verdictOf(findings.words.length + expression);
      },
      rules: findings,
      ...(found === "ask" && { asksAt: true }),
    };
  },
});

/** What can be found, as people know it: words, then expressions. */
class Findings implements RuleList {
  constructor(readonly words: Words, readonly regexps: readonly string[]) {}

  get length(): number {
    return this.words.length + this.regexps.length;
  }

  at(number: number): RuleName | undefined {
    const { words } = this;
    if (number < words.length) {
      return { name: JSON.stringify(words.text(number)), where: words.where(number) };
    }
    const source = this.regexps[number - words.length];
    if (source === undefined) return undefined;
    return { name: `/${source}/`, where: `regexps, number ${number - words.length + 1}` };
  }
}
