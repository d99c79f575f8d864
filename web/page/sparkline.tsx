import { SPARK } from "../../core/view/live_store.ts";

const WIDTH = 120;
const HEIGHT = 24;

/** Decisions of the last minute as a line; what it says stands beside it as a number, so it is hidden from readers. */
export function Sparkline({ counts }: { readonly counts: readonly number[] }) {
  const most = Math.max(1, ...counts);
  const step = WIDTH / (SPARK.length - 1);
  const points = counts.map((count, index) =>
    `${(index * step).toFixed(1)},${(HEIGHT - 1 - (count / most) * (HEIGHT - 3)).toFixed(1)}`
  );
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(" ")} />
    </svg>
  );
}
