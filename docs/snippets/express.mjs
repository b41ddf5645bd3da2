// Middleware for Express (and for node:http) that asks about each request's token; Node 18 or later, no package needed.
//   import { referenceToken } from "./express.mjs";
//   app.use(referenceToken("read"));    // then request.token.sub, .username, .scope, …
// The client's secret stands in the environment variable REFERENCE_TOKENS_SECRET.
const ENDPOINT = "https://tokens.example.com/oauth/introspect";
const CLIENT_ID = "rs_0123456789abcdef0123";

const refuse = (response, status, headers) => response.writeHead(status, headers).end();

/** What introspection says about the token; throws where it cannot say. */
async function introspect(token) {
  const credentials = Buffer.from(`${CLIENT_ID}:${process.env.REFERENCE_TOKENS_SECRET}`).toString("base64");
  const answer = await fetch(ENDPOINT, {
    method: "POST",
    headers: { Authorization: `Basic ${credentials}` },
    body: new URLSearchParams({ token }),
    redirect: "error",
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw new Error(`introspection answered ${answer.status}`);
  return answer.json();
}

export const referenceToken = (...scopes) => async (request, response, next) => {
  const [, token] = /^bearer +(enrt_[0-9A-F]{64})$/i.exec(request.headers.authorization ?? "") ?? [];
  if (!request.headers.authorization) return refuse(response, 401, { "WWW-Authenticate": 'Bearer realm="api"' });
  let answer = { active: false };
  try {
    if (token) answer = await introspect(token);
  } catch {
    return refuse(response, 503, { "Retry-After": "5" }); // not known is neither good nor bad
  }
  const challenge = (error) => ({ "WWW-Authenticate": `Bearer realm="api", error="${error}"` });
  if (answer.active !== true) return refuse(response, 401, challenge("invalid_token"));
  const granted = answer.scope.split(" ");
  if (!scopes.every((scope) => granted.includes(scope))) return refuse(response, 403, challenge("insufficient_scope"));
  request.token = answer;
  return next();
};
