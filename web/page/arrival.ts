/**
 * When the keys and the pointer came to this page. Another site of the browser can put a window of its own in front of it and
 * close that between two clicks, or two presses of a key: the second one would be an answer that nobody has given.
 */

const came = { keys: 0, pointer: 0 };

addEventListener("focus", () => came.keys = performance.now());
document.documentElement.addEventListener("pointerenter", ({ pointerType }) => {
  // A finger comes with each touch.
  if (pointerType === "mouse") came.pointer = performance.now();
});
document.addEventListener("visibilitychange", () => came.keys = came.pointer = performance.now());

/** As performance.now() has it. */
export function arrivalOf(by: keyof typeof came): number {
  return came[by];
}
