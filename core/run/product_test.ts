import assert from "node:assert/strict";
import { type Point, type Product, productsOf } from "./product.ts";

/** Every point of the products, as often as it is in them. */
function pointsOf(products: readonly Product[]): string[] {
  return products.flatMap((product) =>
    product.reduce<string[][]>(
      (points, values) => points.flatMap((point) => values.map((value) => [...point, value])),
      [[]],
    )
  ).map((point) => JSON.stringify(point)).toSorted();
}

Deno.test("what is a product becomes one", () => {
  const points = ["a", "b"].flatMap((x) => ["9", "10"].flatMap((y) => ["p", "q"].map((z) => [x, y, z])));
  assert.deepEqual(productsOf(points), [[["a", "b"], ["9", "10"], ["p", "q"]]]);
});

Deno.test("what would be wider stays apart", () => {
  assert.deepEqual(productsOf([["a", "1"], ["b", "2"]]), [[["a"], ["1"]], [["b"], ["2"]]]);
  assert.deepEqual(productsOf([["a", "1"], ["a", "2"], ["b", "2"]]).length, 2);
});

Deno.test("the order of operands that leaves fewest products is taken", () => {
  // By the first operand three products are left, by the second two.
  const points = [["a", "1"], ["b", "1"], ["c", "1"], ["a", "2"], ["c", "2"]];
  assert.deepEqual(productsOf(points), [[["a", "c"], ["1", "2"]], [["b"], ["1"]]]);
});

Deno.test("an operand that is not there is not put beside a value of it", () => {
  assert.deepEqual(productsOf([["a", ""], ["a", "1"]]), [[["a"], [""]], [["a"], ["1"]]]);
});

Deno.test("nothing is lost and nothing is added, whatever the points and their order", () => {
  let state = 7;
  const below = (limit: number) => (state = (state * 48271) % 2147483647) % limit;
  for (let i = 0; i < 300; i++) {
    const points: Point[] = Array.from({ length: below(30) }, () => [
      `e${below(2)}`,
      ["", "x", "y"][below(3)]!,
      `10.0.0.${below(4)}`,
      String(below(4)),
    ]);
    const products = productsOf(points);
    const unique = [...new Set(points.map((point) => JSON.stringify(point)))].toSorted();
    assert.deepEqual(pointsOf(products), unique);
    assert.deepEqual(productsOf(points.toReversed()), products);
  }
});

Deno.test("a program that scans a network is gathered in a moment", () => {
  const points = Array.from({ length: 20_000 }, (_, index) => [
    "snet.connect",
    `10.0.${index >> 8}.${index & 255}`,
    String(1 + index % 100),
  ]);
  assert.deepEqual(pointsOf(productsOf(points)).length, points.length);
});
