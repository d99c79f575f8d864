/** Names of users, as /etc/passwd has them. */

/** Gives the name of a uid, or the number as text. */
export type UserName = (uid: number) => string;

/** Reads passwd(5) lines. */
export function userNames(passwd: string): UserName {
  const names = new Map<number, string>();
  for (const line of passwd.split("\n")) {
    const [name, , uid] = line.split(":");
    // The first line of a uid counts, as for getpwuid(3).
    if (name && uid && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return (uid) => names.get(uid) ?? String(uid);
}

/** The uid of a user by name or number. Throws an Error of one line. */
export function userNumber(text: string): number {
  return numberOf(text, "/etc/passwd", "user", "a uid");
}

/** The gid of a group by name or number. Throws an Error of one line. */
export function groupNumber(text: string): number {
  return numberOf(text, "/etc/group", "group", "a gid");
}

/** Both files have the number in the third field (passwd(5), group(5)). */
function numberOf(text: string, file: string, what: string, number: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const line = Deno.readTextFileSync(file).split("\n").find((line) => line.startsWith(`${text}:`));
  const id = line?.split(":")[2];
  if (id === undefined || text === "") {
    throw new Error(`unknown ${what} "${text}"; write a name of ${file} or ${number}`);
  }
  return Number(id);
}

/** The users of this machine; only numbers where the file cannot be read. */
export function localUsers(): UserName {
  try {
    return userNames(Deno.readTextFileSync("/etc/passwd"));
  } catch {
    return userNames("");
  }
}
