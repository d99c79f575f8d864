/** Certificates and keys in PEM (RFC 7468), checked when they are read: TLS itself passes over what it cannot read. */

import { X509Certificate } from "node:crypto";
import type { SourceText } from "./plugin.ts";

/** The certificates of a file, each of which is one; throws an Error that names the file and what was to say it. */
export function certificatesOf(option: string, { path, text }: SourceText): string {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new Error(
      `${path} (option "${option}") holds no certificate in PEM ("-----BEGIN CERTIFICATE-----")`,
    );
  }
  for (const [index, block] of blocks.entries()) {
    try {
      new X509Certificate(block);
    } catch {
      throw new Error(
        `${path} (option "${option}"): certificate ${index + 1} of ${blocks.length} is damaged`,
      );
    }
  }
  return blocks.join("\n");
}

/** The text of a file with a private key; throws an Error of one line where there is none in it. */
export function privateKeyOf({ path, text }: SourceText): string {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return text;
  throw new Error(`${path} holds no private key in PEM ("-----BEGIN PRIVATE KEY-----")`);
}
