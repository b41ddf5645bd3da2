// For Fastify: hooks, which run before the body is read.

import { Refused, Unavailable } from "./refusals.js";
import { pairsOf } from "./tokens.js";

/** `const required = referenceTokens(client)`, then `{ onRequest: required("read") }`: see `request.referenceToken`. */
export function referenceTokens(checker) {
  return (...scopes) => async (request, reply) => {
    try {
      request.referenceToken = await checker.check(pairsOf(request.raw.rawHeaders), scopes);
    } catch (refusal) {
      if (refusal instanceof Unavailable) request.log.warn(`A token could not be checked: ${refusal.message}`);
      else if (!(refusal instanceof Refused)) throw refusal;
      return reply.code(refusal.status).headers(refusal.headers).send(refusal.body);
    }
    return undefined;
  };
}
