// For an API behind a proxy that asks forward auth: reads the `X-Auth-…` headers that the proxy sets.

import { Refused } from "./refusals.js";
import { allowed, scopesOf } from "./tokens.js";

const PREFIX = "x-auth-";
const NAMES = ["token-id", "kind", "subject", "username", "client-id", "scope", "expires"];
const EXPIRES = /^(never|[0-9]{1,12})$/;

/** Believes the proxy. Only where no way to the API leads past it, and it removes the client's own `X-Auth-…`. */
export class BehindProxy {
  /**
   * The token that the proxy let through, with every required scope. Throws `Refused`, with 401 where the request did
   * not come by way of the proxy, or has one of its headers twice.
   */
  async check(headers, scopes = []) {
    const sent = [...headers].map(([name, value]) => [name.toLowerCase(), value]);
    const told = sent.filter(([name]) => name.startsWith(PREFIX) && NAMES.includes(name.slice(PREFIX.length)));
    const values = new Map(told.map(([name, value]) => [name.slice(PREFIX.length), value]));
    const isWhole = told.length === NAMES.length && values.size === NAMES.length;
    if (!isWhole || told.some(([, value]) => value.includes(",")) || !EXPIRES.test(values.get("expires"))) {
      throw new Refused(401);
    }
    return allowed(Object.freeze({
      id: values.get("token-id"),
      kind: values.get("kind"),
      subject: values.get("subject"),
      username: decoded(values.get("username")),
      application: values.get("client-id"),
      scopes: scopesOf(values.get("scope")),
      expiresAt: values.get("expires") === "never" ? null : Number(values.get("expires")),
      issuedAt: null,
      claims: {},
    }), scopes);
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused(401); // no proxy sends such a name
  }
}
