import type { FastifyReply, FastifyRequest } from "fastify";
import type { Checker, Token } from "./index.js";

declare module "fastify" {
  interface FastifyRequest {
    /** The good token of a request that was let in. */
    referenceToken?: Token;
  }
}

/** Makes what guards routes: `const required = referenceTokens(client)`, then `{ onRequest: required("read") }`. */
export function referenceTokens(
  checker: Checker,
): (...scopes: string[]) => (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
