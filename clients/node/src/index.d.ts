/** A token that is good now, and whom it speaks for. */
export interface Token {
  readonly id: string;
  /** "PAT": a person; "SAT": a Trusted Application's System User. */
  readonly kind: string;
  /** Who holds it; never changes, unlike the user name. */
  readonly subject: string;
  readonly username: string;
  /** The URI of the Trusted Application: `client_id` in RFC 7662. */
  readonly application: string;
  readonly scopes: readonly string[];
  /** Seconds since 1970; null where it never expires. */
  readonly expiresAt: number | null;
  /** Seconds since 1970; null behind a proxy, which does not tell it. */
  readonly issuedAt: number | null;
  /** The answer as it came. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Names and values; one name may stand there twice. */
export type HeaderPairs = Iterable<readonly [name: string, value: string]>;

/** What guards an API: `Client`, or `BehindProxy` where a proxy in front has asked already. */
export interface Checker {
  /**
   * The one good token of a request with these headers, with every one of these scopes.
   * Rejects with `Refused` and `Unavailable`, which say what to answer.
   */
  check(headers: HeaderPairs, scopes?: readonly string[]): Promise<Token>;
}

export interface ClientOptions {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  /** Milliseconds for the whole answer; 5000 by default. */
  timeout?: number;
}

/** A Resource Server. It keeps connections to the service, and no answer. */
export class Client implements Checker {
  constructor(options: ClientOptions);
  check(headers: HeaderPairs, scopes?: readonly string[]): Promise<Token>;
  /** The token, if it is good now and one of this server's; else null. Rejects with `Unavailable`. */
  introspect(token: string): Promise<Token | null>;
  /** What `introspect` tells of each, in their order, with one request for each 100. */
  introspectMany(tokens: readonly string[]): Promise<(Token | null)[]>;
  /** Revokes a token of this server's applications. Rejects with `NotAllowed` and `Unavailable`. */
  revoke(token: string): Promise<void>;
}

/** Believes the proxy. Only where no way to the API leads past it, and it removes the client's own `X-Auth-…`. */
export class BehindProxy implements Checker {
  check(headers: HeaderPairs, scopes?: readonly string[]): Promise<Token>;
}

/** The request is not let in: answer with `status`, `headers`, and if you like `body` as JSON. */
export class Refused extends Error {
  constructor(status: 401 | 403, error?: string, scope?: string);
  readonly status: 401 | 403;
  readonly error: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: { error: string };
}

/** The service could not tell, whatever the reason: answer 503 and let the caller try again; never 401. */
export class Unavailable extends Error {
  constructor(message: string, retryAfter?: number);
  readonly status: 503;
  /** Seconds. */
  readonly retryAfter: number;
  readonly headers: Record<string, string>;
  readonly body: { error: string };
}

/** The Resource Server has no right to revoke. */
export class NotAllowed extends Error {}

/** Whether the text could be a token. */
export function isWellFormed(text: string): boolean;

/** The pairs of a list of names and values in turn, as Node has it in `rawHeaders`. */
export function pairsOf(rawHeaders: readonly string[]): [name: string, value: string][];
