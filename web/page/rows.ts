/** Decisions as the page keeps them. */

export type { RowBatch, RowJson as Row } from "../../core/control/api.ts";

/** A program's last part: `curl`. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1) || path;
}
