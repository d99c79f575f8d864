import { equal } from "node:assert/strict";
import { Spark } from "../../view/live_store.ts";
import { sparkText } from "./table.ts";

const SECOND = 1000;
/** A whole number of columns after 1970. */
const BEGIN = 1_000_000 * SECOND;

function sparkOf(...seconds: readonly number[]): Spark {
  const spark = new Spark();
  for (const second of seconds) spark.add(BEGIN + second * SECOND);
  return spark;
}

Deno.test("a sparkline has five seconds in a column, the last of which is being filled", () => {
  const spark = sparkOf(0, 1, 2, 3, 5);
  equal(sparkText(spark, BEGIN + 5 * SECOND), `${" ".repeat(10)}█▂`);
});

Deno.test("the picture stands still until its seconds are over, then moves by a column", () => {
  const spark = sparkOf(0, 7);
  const at = (second: number) => sparkText(spark, BEGIN + second * SECOND);
  equal(at(9), at(7));
  equal(at(10), at(9).slice(1));
});

Deno.test("what is older than a minute is gone", () => {
  equal(sparkText(sparkOf(0), BEGIN + 60 * SECOND), "");
  equal(sparkText(new Spark(), BEGIN), "");
});
