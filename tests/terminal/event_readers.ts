/** Readers of a stream of server-sent events, for whoever plays the daemon. */
export class EventReaders {
  readonly #readers = new Set<ReadableStreamDefaultController<Uint8Array>>();

  /** The answer to one more, which begins with this event. */
  response(first: string): Response {
    let reader: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        reader = controller;
        this.#readers.add(controller);
        controller.enqueue(new TextEncoder().encode(first));
      },
      cancel: () => void this.#readers.delete(reader),
    });
    return new Response(stream, { headers: { "content-type": "text/event-stream" } });
  }

  /** Tells all of them an event. */
  tell(event: string): void {
    for (const reader of this.#readers) reader.enqueue(new TextEncoder().encode(event));
  }

  /** There is no more. */
  end(): void {
    for (const reader of this.#readers) reader.close();
    this.#readers.clear();
  }
}
