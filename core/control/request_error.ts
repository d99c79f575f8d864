/** A request that is not done; the message is for whoever sent it. */
export class RequestError extends Error {
  override readonly name: string = "RequestError";

  /** `status`: of HTTP. */
  constructor(readonly status: 400 | 403 | 404 | 409 | 410 | 413 | 429 | 503, message: string) {
    super(message);
  }
}
