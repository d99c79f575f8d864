/**
 * Thrown by `decide` of a plugin that may wait where it has no room for another question: its `whenFailed` answers, as for
 * any failure. The plugin works as it should, so its circuit breaker does not count it, and nothing is logged: whoever asks
 * too much would write the log, and shut the plugin for everybody else.
 */
export class NoRoom extends Error {
  /** Name of the class. */
  override readonly name = "NoRoom";
}
