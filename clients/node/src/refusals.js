// What an API answers where it does not let a request in, with the same challenges as forward auth (RFC 6750 §3).

const CHALLENGE = 'Bearer realm="api"';
const SECONDS_TO_WAIT = 5;

/** The request is not let in: answer with `status`, `headers`, and if you like `body` as JSON. */
export class Refused extends Error {
  name = "Refused";

  /** `error` is undefined where the request carries no credential; the scope is what it would need. */
  constructor(status, error, scope) {
    super(error ?? "missing_token");
    const parameters = [CHALLENGE];
    if (error) parameters.push(`error="${error}"`);
    if (scope) parameters.push(`scope="${scope}"`);
    this.status = status;
    this.error = error;
    this.headers = { "WWW-Authenticate": parameters.join(", "), "Cache-Control": "no-store" };
    this.body = { error: this.message };
  }
}

/** The service could not tell, whatever the reason: answer 503 and let the caller try again; never 401. */
export class Unavailable extends Error {
  name = "Unavailable";

  /** The message is for the log of the API; `retryAfter` is in seconds. */
  constructor(message, retryAfter = SECONDS_TO_WAIT) {
    super(message);
    this.status = 503;
    this.retryAfter = retryAfter;
    this.headers = { "Retry-After": String(retryAfter), "Cache-Control": "no-store" };
    this.body = { error: "temporarily_unavailable" };
  }
}

/** The Resource Server has no right to revoke; an administrator gives it on its page in the Instance Manager. */
export class NotAllowed extends Error {
  name = "NotAllowed";
}
