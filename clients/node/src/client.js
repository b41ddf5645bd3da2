// The client. It keeps connections to the service, as `fetch` does, and no answer.

import { NotAllowed, Unavailable } from "./refusals.js";
import { allowed, isWellFormed, presentedToken, tokenOf } from "./tokens.js";

const MOST_BYTES = 1_000_000;
const MOST_AT_ONCE = 100;
const LONGEST_WAIT = 3600;
// Where `fetch` fails with one of these, the request cannot have reached the service.
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** A Resource Server: its id and secret come from the Instance Manager or `manage.py create_resource_server`. */
export class Client {
  #address;
  #authorization;
  #timeout;

  /** The timeout is in milliseconds, for the whole answer. */
  constructor({ baseUrl, clientId, clientSecret, timeout = 5000 }) {
    const { protocol, search, hash, username, password } = new URL(baseUrl);
    if (!["https:", "http:"].includes(protocol) || search || hash || username || password) {
      throw new TypeError("baseUrl must be like https://tokens.example.com (on one machine http://localhost:8000)");
    }
    if (!clientId || !clientSecret) throw new TypeError("clientId and clientSecret are needed");
    // RFC 6749 2.3.1: both parts are percent-encoded before they are put together.
    const pair = [clientId, clientSecret].map(encodeURIComponent).join(":");
    this.#address = baseUrl.replace(/\/+$/, "");
    this.#authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    this.#timeout = timeout;
  }

  /**
   * The one good token of a request with these headers (pairs of name and value), with every one of these scopes.
   * Throws `Refused` and `Unavailable`, which say what to answer.
   */
  async check(headers, scopes = []) {
    return allowed(await this.introspect(presentedToken(headers)), scopes);
  }

  /**
   * The token, if it is good now and one of this server's; else null. Throws `Unavailable`.
   * A text that cannot be a token is null without a request.
   */
  async introspect(token) {
    return isWellFormed(token) ? tokenOf(await this.#document("/oauth/introspect", [token])) : null;
  }

  /** What `introspect` tells of each, in their order, with one request for each 100. Throws `Unavailable`. */
  async introspectMany(tokens) {
    const formed = [...new Set(tokens)].filter(isWellFormed);
    const told = new Map();
    for (let start = 0; start < formed.length; start += MOST_AT_ONCE) {
      const portion = formed.slice(start, start + MOST_AT_ONCE);
      const documents = await this.#document("/oauth/introspect/batch", portion);
      if (!Array.isArray(documents) || documents.length !== portion.length) {
        throw new Unavailable("the answer does not tell of each token");
      }
      portion.forEach((token, index) => told.set(token, tokenOf(documents[index])));
    }
    return tokens.map((token) => told.get(token) ?? null);
  }

  /**
   * Revokes a token of this server's applications, with its old values; says nothing of whether there was one.
   * Throws `NotAllowed` and `Unavailable`.
   */
  async revoke(token) {
    if (isWellFormed(token)) await this.#document("/oauth/revoke", [token]);
  }

  /** The JSON of an answer that is one; throws for any other, which never says that a token is bad. */
  async #document(path, tokens) {
    const { status, retryAfter, text } = await this.#answer(path, tokens);
    if (status === 400 && text.includes('"unauthorized_client"')) {
      throw new NotAllowed("this Resource Server may not revoke tokens");
    }
    if (status === 401) throw new Unavailable("the service does not accept this client id and secret");
    if (status !== 200) throw new Unavailable(`the service answered ${status}`, retryAfter);
    try {
      return JSON.parse(text);
    } catch {
      throw new Unavailable("the answer is not JSON");
    }
  }

  async #answer(path, tokens, tries = 2) {
    try {
      const answer = await fetch(this.#address + path, {
        method: "POST",
        headers: { Authorization: this.#authorization, Accept: "application/json" },
        body: new URLSearchParams(tokens.map((token) => ["token", token])),
        redirect: "manual",
        signal: AbortSignal.timeout(this.#timeout),
      });
      const retryAfter = seconds(answer.headers.get("Retry-After"));
      return { status: answer.status, retryAfter, text: await textOf(answer) };
    } catch (error) {
      const code = error.cause?.code ?? error.name;
      if (tries > 1 && NOT_SENT.has(code)) return this.#answer(path, tokens, tries - 1);
      throw new Unavailable(`no answer: ${code}`);
    }
  }
}

/** The body, but of one that does not end only the beginning, which is no JSON. */
async function textOf(answer) {
  const pieces = [];
  let length = 0;
  for await (const piece of answer.body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > MOST_BYTES) break;
  }
  return Buffer.concat(pieces).toString();
}

/** What the service asks to wait; it may also name a date, which is left aside. */
function seconds(retryAfter) {
  return /^[0-9]+$/.test(retryAfter ?? "") ? Math.min(Number(retryAfter), LONGEST_WAIT) : undefined;
}
