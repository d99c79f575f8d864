/** The script that an interpreter runs, as its command line says. */

/** What precedes the script in the arguments of an interpreter. */
interface Grammar {
  /** Options behind which an argument of theirs stands. */
  readonly taking: readonly string[];
  /** Options by which it runs no file: what stands behind them is the program itself. */
  readonly inline: readonly string[];
  /** Words before the script: `deno run`. */
  readonly words?: readonly string[];
  /** Options whose argument is the script: `java -jar`. */
  readonly naming?: readonly string[];
}

const SHELL: Grammar = { taking: ["-o", "+o", "-O", "+O", "--rcfile", "--init-file"], inline: ["-c"] };
const NODE: Grammar = {
  taking: [
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--env-file",
  ],
  inline: ["-e", "--eval", "-p", "--print", "-pe"],
};

/** By the names of programs, without the version at the end. */
const GRAMMARS: Readonly<Record<string, Grammar>> = {
  ...Object.fromEntries(
    ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish"].map((name) => [name, SHELL]),
  ),
  python: { taking: ["-W", "-X", "--check-hash-based-pycs"], inline: ["-c"], naming: ["-m"] },
  pypy: { taking: ["-W", "-X"], inline: ["-c"], naming: ["-m"] },
  node: NODE,
  nodejs: NODE,
  bun: { ...NODE, words: ["run", "x"] },
  deno: {
    taking: ["-c", "--config", "--import-map", "--lock", "--cert", "--env-file"],
    inline: ["eval"],
    words: ["run", "serve", "test"],
  },
  perl: { taking: ["-I"], inline: ["-e", "-E"] },
  ruby: { taking: ["-I", "-r", "-C", "-E"], inline: ["-e"] },
  php: { taking: ["-c", "-d", "-z"], inline: ["-r", "-R", "-B"], naming: ["-f"] },
  lua: { taking: ["-l"], inline: ["-e"] },
  tclsh: { taking: ["-encoding"], inline: [] },
  wish: { taking: ["-encoding"], inline: [] },
  java: {
    taking: ["-cp", "-classpath", "--class-path", "-p", "--module-path"],
    inline: [],
    naming: ["-jar", "-m", "--module"],
  },
};

/**
 * `/srv/backup.py` of `python3 -u /srv/backup.py --all`; undefined where the program is no interpreter, or runs no script. A
 * program writes its arguments itself (proc_pid_cmdline(5)): this is what it says, and proves nothing.
 */
export function scriptOf(exe: string, argv: readonly string[]): string | undefined {
  const name = exe.slice(exe.lastIndexOf("/") + 1).replace(/[-.\d]+$/, "");
  const grammar = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (grammar === undefined) return undefined;
  const { taking, inline, words = [], naming = [] } = grammar;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i]!;
    if (naming.includes(word)) return argv[i + 1];
    if (inline.includes(word) || isJoined(word, inline)) return undefined;
    if (taking.includes(word)) i++;
    else if (word === "--") return argv[i + 1];
    // `-` alone is standard input.
    else if (word === "-" || word === "") return undefined;
    else if (!word.startsWith("-") && !word.startsWith("+") && !(i === 1 && words.includes(word))) {
      return word;
    }
  }
  return undefined;
}

/** Short options in one word, of which the last runs what follows: `-xc`. */
function isJoined(word: string, inline: readonly string[]): boolean {
  return /^-[A-Za-z]{2,4}$/.test(word) && inline.includes(`-${word.at(-1)}`);
}
