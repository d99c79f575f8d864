import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { withJournal } from "./fixture.ts";
import { openToRead, openToWrite } from "./schema.ts";

Deno.test("a new journal can be opened again", () =>
  withJournal((path) => {
    openToWrite(path).close();
    openToWrite(path).close();
    openToRead(path).database.close();
  }));

Deno.test("a journal of another version is refused in one line, and not changed", () =>
  withJournal((path) => {
    const database = openToWrite(path);
    database.exec("PRAGMA user_version = 7");
    database.close();
    const message =
      `${path} is a journal of version 7, and this snet knows version 1: use the snet that wrote it, or ` +
      "move the file away";
    assert.throws(() => openToWrite(path), { name: "JournalError", message });
    assert.throws(() => openToRead(path), { name: "JournalError", message });
    const after = new DatabaseSync(path);
    assert.equal(after.prepare("PRAGMA user_version").get()!.user_version, 7);
    after.close();
  }));

Deno.test("a database of another program is refused", () =>
  withJournal((path) => {
    const database = new DatabaseSync(path);
    database.exec("CREATE TABLE moz_places (id)");
    database.close();
    const refused = { name: "JournalError", message: `${path} is no journal of snet` };
    assert.throws(() => openToWrite(path), refused);
    assert.throws(() => openToRead(path), refused);
  }));

Deno.test("what is no database at all is refused, and so is a folder", () =>
  withJournal((path) => {
    Deno.writeTextFileSync(path, "no database, but long enough to be taken for one".repeat(50));
    const refused = { name: "JournalError", message: `${path} is no journal of snet` };
    assert.throws(() => openToWrite(path), refused);
    assert.throws(() => openToRead(path), refused);
    const folder = path.slice(0, path.lastIndexOf("/"));
    assert.throws(() => openToRead(folder), { message: `${folder} is no journal of snet` });
  }));

Deno.test("where there is no journal, the message says how to get one, and no file is made", () =>
  withJournal((path) => {
    assert.throws(() => openToRead(path), {
      message:
        `There is no journal at ${path}; the plugin "journal" of snet.yaml keeps one, and --file names another place`,
    });
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  }));

Deno.test("a file without anything in it is no journal yet, but becomes one", () =>
  withJournal((path) => {
    Deno.writeTextFileSync(path, "");
    assert.throws(() => openToRead(path), { message: `${path} is no journal of snet` });
    openToWrite(path).close();
    openToRead(path).database.close();
  }));
