/** Rows of the benchmark: what was measured, beside what, against which goal. */

/** One row of dist/bench.json. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** Median of snet's rounds. */
  readonly snet: number;
  /** Median of the rounds of what it is compared with; null where it stands alone. */
  readonly baseline: number | null;
  /** Median of the ratios of rounds that followed each other; null without a baseline. */
  readonly ratio: number | null;
  /** What the ratio should reach, or without a baseline the value itself; null where nothing is promised. */
  readonly goal: number | null;
  readonly better: "less" | "more";
}

type Aim = Pick<Row, "goal" | "better">;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A row with a baseline: rounds of the same index were measured one after the other. */
export function pair(
  name: string,
  unit: string,
  snet: readonly number[],
  baseline: readonly number[],
  aim: Aim,
): Row {
  const ratios = snet.map((value, i) => value / baseline[i]!);
  return {
    name,
    unit,
    snet: round(median(snet)),
    baseline: round(median(baseline)),
    ratio: round(median(ratios)),
    ...aim,
  };
}

/** A row that stands alone. */
export function single(name: string, unit: string, snet: number, aim: Aim): Row {
  return { name, unit, snet: round(snet), baseline: null, ratio: null, ...aim };
}

/** Whether a row reaches its goal; undefined without one. */
export function reached({ snet, ratio, goal, better }: Row): boolean | undefined {
  if (goal === null) return undefined;
  const value = ratio ?? snet;
  return better === "less" ? value <= goal : value >= goal;
}

/** The rows as text, for a terminal. */
export function table(rows: readonly Row[]): string {
  const lines = [["", "snet", "baseline", "ratio", "goal", ""], ...rows.map(cells)];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => [...line[column]!].length)));
  return lines
    .map((line) =>
      line.map((cell, column) => column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))
        .join("  ")
    )
    .map((line) => line.trimEnd())
    .join("\n");
}

function cells(row: Row): string[] {
  const { name, unit, snet, baseline, ratio, goal, better } = row;
  const sign = better === "less" ? "≤" : "≥";
  const aim = goal === null ? "" : `${sign} ${goal}${ratio === null ? ` ${unit}` : "×"}`;
  const mark = { true: "reached", false: "MISSED", undefined: "" }[String(reached(row)) as "true"];
  return [
    name,
    `${show(snet)} ${unit}`,
    baseline === null ? "" : `${show(baseline)} ${unit}`,
    ratio === null ? "" : `${ratio.toFixed(2)}×`,
    aim,
    mark,
  ];
}

function show(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}

/** Four digits tell all that was measured. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
