/**
 * Keeps the page where the configuration wants it. Where it cannot be served, because another program has its port, the daemon
 * goes on without it: calls wait for verdicts, not for a page.
 */

import { isDeepStrictEqual } from "node:util";
import type { PageState } from "../control/api.ts";
import { RequestError } from "../control/request_error.ts";
import type { WebConfig } from "./config.ts";
import type { Logins, OpenPage, Page, PageOptions } from "./page.ts";

export interface KeeperParts extends Omit<PageOptions, "config"> {
  /** Absent where there is no page to serve. */
  readonly open: OpenPage | undefined;
}

export class PageKeeper implements AsyncDisposable {
  readonly #parts: KeeperParts;
  #config: WebConfig | undefined;
  #page: Page | undefined;
  #failure: string | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** Serves the page as `config` says, nowhere if undefined. What stays as it was goes on, and whoever is logged in there. */
  async settle(config: WebConfig | undefined): Promise<void> {
    if (this.#failure === undefined && isDeepStrictEqual(config, this.#config)) return;
    // Not even for a moment are sessions there without their port: another program could take it, and be sent their secrets.
    await this.#close();
    this.#config = config;
    if (config === undefined) return;
    const { open, ...others } = this.#parts;
    const { log } = others;
    try {
      if (open === undefined) throw new Error("This program has no page to serve");
      this.#page = await open({ ...others, config });
      log("info", `The page: ${this.#page.addresses.join(", ")} ("snet web" logs in)`);
    } catch (error) {
      this.#failure = (error as Error).message;
      log("error", `${this.#failure}; there is no page until the configuration is loaded again`);
    }
  }

  /** Who gets in; throws a RequestError that says why there is no page. */
  logins(): Logins {
    if (this.#page !== undefined) return this.#page.logins;
    const why = this.#failure ?? `no page is served; write "web: {}" into snet.yaml`;
    throw new RequestError(this.#failure === undefined ? 404 : 503, why);
  }

  /** Where it is; undefined where none is wanted. */
  get state(): PageState | undefined {
    if (this.#config === undefined) return undefined;
    if (this.#failure !== undefined) return { addresses: [], failure: this.#failure };
    return { addresses: this.#page?.addresses ?? [] };
  }

  async #close(): Promise<void> {
    const page = this.#page;
    this.#page = undefined;
    this.#failure = undefined;
    await page?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
