/** Sets of combinations as few products of lists, none of them wider than what it stands for. */

/** Values side by side, one for each operand; an empty text stands for an operand that there is none of. */
export type Point = readonly string[];

/** All combinations of one value from each list. */
export type Product = readonly (readonly string[])[];

/**
 * Few products that hold exactly these points, each once; the same for the same points, in whatever order they come.
 *
 * Two products that differ in one operand only are one. Which operand is joined first changes what comes of it: each is
 * tried as the first, and the shortest outcome is taken.
 */
export function productsOf(points: readonly Point[]): readonly Product[] {
  const unique = [...new Map(points.map((point) => [JSON.stringify(point), point])).values()];
  const [first] = unique;
  if (first === undefined) return [];
  const single: Product[] = unique.toSorted(compare).map((point) => point.map((value) => [value]));
  const sides = first.map((_, side) => side).filter((side) =>
    unique.some((point) => point[side] !== first[side])
  );
  const outcomes = sides.map((side) => joinAll(joinAlong(single, side), sides));
  return outcomes.reduce((best, found) => cost(found) < cost(best) ? found : best, outcomes[0] ?? single);
}

/** Joins along the operand that leaves fewest products, as long as there is one. */
function joinAll(products: readonly Product[], sides: readonly number[]): readonly Product[] {
  const joined = sides.map((side) => joinAlong(products, side));
  const best = joined.reduce((best, found) => found.length < best.length ? found : best, products);
  return best === products ? products : joinAll(best, sides);
}

/** Joins the products that differ in one operand only. */
function joinAlong(products: readonly Product[], side: number): readonly Product[] {
  const groups = new Map<string, Product[]>();
  for (const product of products) {
    // A rule without the operand is for any value of it.
    const isAny = product[side]!.includes("");
    const key = JSON.stringify([isAny, ...product.with(side, [])]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [product]);
    else group.push(product);
  }
  return [...groups.values()].map((group) => {
    return group[0]!.with(side, group.flatMap((product) => product[side]!).toSorted(compareText));
  });
}

/** Rules first, then the length of their lists. */
function cost(products: readonly Product[]): number {
  const values = products.reduce(
    (sum, product) => sum + product.reduce((total, list) => total + list.length, 0),
    0,
  );
  return products.length * 1e6 + values;
}

// Numbers within a text count as numbers: 10.0.0.9 stands before 10.0.0.10.
const { compare: compareText } = new Intl.Collator("en", { numeric: true });

function compare(a: Point, b: Point): number {
  for (const [side, text] of a.entries()) {
    const order = compareText(text, b[side]!) || (text < b[side]! ? -1 : text > b[side]! ? 1 : 0);
    if (order !== 0) return order;
  }
  return 0;
}
