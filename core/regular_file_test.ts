import assert from "node:assert/strict";
import { readRegularFile } from "./regular_file.ts";

Deno.test("a plain file is read, by a symbolic link too; what is none is refused at once", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/file`, "text\n");
    await Deno.symlink(`${folder}/file`, `${folder}/link`);
    await Deno.symlink("/dev/zero", `${folder}/zero`);
    const { success } = await new Deno.Command("mkfifo", { args: [`${folder}/fifo`] }).output();
    assert.ok(success);
    const large = await Deno.create(`${folder}/large`);
    await large.truncate(257 * 1024 * 1024);
    large.close();

    const textOf = (name: string) => new TextDecoder().decode(readRegularFile(`${folder}/${name}`));
    assert.deepEqual([textOf("file"), textOf("link")], ["text\n", "text\n"]);
    for (const name of ["fifo", "zero"]) {
      assert.throws(() => textOf(name), { message: "it is no plain file" });
    }
    assert.throws(() => textOf("large"), { message: "it has 269484032 bytes; 268435456 are the most" });
    assert.throws(() => textOf("."), Deno.errors.IsADirectory);
    for (const name of ["none", "file/none"]) assert.throws(() => textOf(name), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
