// For Express, and for Node's own server.

import { Refused, Unavailable } from "./refusals.js";
import { pairsOf } from "./tokens.js";

/** `const required = referenceTokens(client)`, then `app.use(required("read"))`: see `request.referenceToken`. */
export function referenceTokens(checker, { log = console } = {}) {
  return (...scopes) => async (request, response, next) => {
    try {
      request.referenceToken = await checker.check(pairsOf(request.rawHeaders), scopes);
    } catch (refusal) {
      if (refusal instanceof Unavailable) log.warn(`A token could not be checked: ${refusal.message}`);
      else if (!(refusal instanceof Refused)) return next(refusal);
      const headers = { ...refusal.headers, "Content-Type": "application/json" };
      return response.writeHead(refusal.status, headers).end(JSON.stringify(refusal.body));
    }
    return next();
  };
}
