// The provider of the tests: oidc-provider, a certified implementation, with its own pages for signing in and for
// consent. It knows whoever stands in the file PEOPLE: a "sub" for each name that can be typed, and its claims.
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const { PORT, PEOPLE, CALLBACK } = process.env;
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const provider = new Provider(`http://localhost:${PORT}`, {
  clients: [{ client_id: "tokens", client_secret: "a secret of the tests", redirect_uris: [CALLBACK] }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "login"], email: ["email", "email_verified"] },
  cookies: { keys: ["of the tests"] },
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "of the tests", use: "sig", alg: "RS256" }] },
  pkce: { required: () => true },
  findAccount: (_context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, ...JSON.parse(readFileSync(PEOPLE, "utf8"))[accountId] }),
  }),
});
provider.listen(Number(PORT), "127.0.0.1");
