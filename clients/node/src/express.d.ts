import type { Checker, Token } from "./index.js";

declare global {
  namespace Express {
    interface Request {
      /** The good token of a request that was let in. */
      referenceToken?: Token;
    }
  }
}

interface GuardedRequest {
  rawHeaders: string[];
  referenceToken?: Token;
}

interface Answering {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

export type Middleware = (request: GuardedRequest, response: Answering, next: (error?: any) => void) => Promise<unknown>;

/** Makes what guards routes: `const required = referenceTokens(client)`, then `app.use(required("read"))`. */
export function referenceTokens(
  checker: Checker,
  options?: { log?: { warn(message: string): unknown } },
): (...scopes: string[]) => Middleware;
