/** A program that writes batches into a journal until it is killed, and says after each how many there are. */

import { row } from "./fixture.ts";
import { Store } from "./store.ts";

const [path, batch] = Deno.args as [string, string];
const rows = Array.from({ length: Number(batch) }, () => row());
const store = new Store(path, { size: 3_000_000, age: 1e12 });
for (let count = 1;; count++) {
  store.write(rows);
  console.log(count);
}
