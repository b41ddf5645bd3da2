// A token that is good now, and reading the one credential of a request, as the service itself does (RFC 6750 §2.1).

import { Refused, Unavailable } from "./refusals.js";

const FORM = /^enrt_[0-9A-F]{64}$/;
const MAXIMUM_LENGTH = 4096;
// Visible ASCII without the comma: a proxy may join repeated headers with one, and of two credentials neither is taken.
const BEARER = /^bearer +([!-+\--~]+)$/i;
const BARE = /^([!-+\--~]+)$/;
const HEADERS = new Map([["authorization", BEARER], ["x-api-key", BARE], ["api-key", BARE]]);

/** CRC-32 as in zip files (IEEE 802.3), of ASCII. */
function crc32(text) {
  let crc = -1;
  for (let index = 0; index < text.length; index += 1) {
    crc ^= text.charCodeAt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}

/** Whether the text could be a token: `enrt_`, 64 upper-case hexadecimal digits, the last eight a CRC-32. */
export function isWellFormed(text) {
  return FORM.test(text) && crc32(text.slice(0, -8)) === Number.parseInt(text.slice(-8), 16);
}

/** The text presented as a token in one of the headers, which are pairs of a name and a value; throws `Refused`. */
export function presentedToken(headers) {
  const sent = [...headers].map(([name, value]) => ({ form: HEADERS.get(name.toLowerCase()), value }));
  const present = sent.filter(({ form, value }) => form && value.trim() !== "");
  if (present.length === 0) throw new Refused(401);
  const [{ form, value }] = present;
  const match = present.length === 1 && value.length <= MAXIMUM_LENGTH && form.exec(value);
  if (!match) throw new Refused(401, "invalid_request");
  return match[1];
}

/** The token that an answer of introspection tells of; null where it is not active. Throws `Unavailable`. */
export function tokenOf(claims) {
  if (claims?.active === false) return null;
  const { jti: id, token_kind: kind, sub: subject, username, client_id: application, scope, iat, exp } = claims ?? {};
  const texts = [id, kind, subject, username, application, scope];
  const isWhole = texts.every((text) => typeof text === "string") && [iat, exp ?? 0].every(Number.isInteger);
  if (claims?.active !== true || !isWhole) {
    throw new Unavailable("the answer does not say what is known about the token");
  }
  const [scopes, expiresAt] = [scopesOf(scope), exp ?? null];
  return Object.freeze({ id, kind, subject, username, application, scopes, expiresAt, issuedAt: iat, claims });
}

/** The scopes in a text. */
export function scopesOf(text) {
  return Object.freeze(text.split(" ").filter(Boolean));
}

/** The token, if it is good and has every required scope; throws `Refused`. */
export function allowed(token, required) {
  if (token === null) throw new Refused(401, "invalid_token");
  if (!required.every((scope) => token.scopes.includes(scope))) {
    throw new Refused(403, "insufficient_scope", required.join(" "));
  }
  return token;
}

/** The pairs of a list of names and values in turn, as Node has it in `rawHeaders`, with what was sent twice. */
export function pairsOf(rawHeaders) {
  return rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name, rawHeaders[index + 1]]] : []));
}
