// Express, Fastify and Node's own server refuse as the service itself does at forward auth.

import assert from "node:assert/strict";
import { test } from "node:test";
import express from "express";
import fastify from "fastify";
import { BehindProxy, Client } from "reference-tokens-client";
import { referenceTokens as forExpress } from "reference-tokens-client/express";
import { referenceTokens as forFastify } from "reference-tokens-client/fastify";
import { account, bearer, client, good, letIn, reading, refused } from "./service.js";
import { ask, forwardAuth, serving, silent } from "./service.js";

const log = { warn() {} };

const APIS = {
  express(t, checker, scopes) {
    const app = express();
    app.use(forExpress(checker, { log })(...scopes));
    app.get("/", (request, response) => response.json({ username: request.referenceToken.username }));
    return serving(t, app);
  },
  node(t, checker, scopes) {
    const guard = forExpress(checker, { log })(...scopes);
    return serving(t, (request, response) => guard(request, response, () =>
      response.end(JSON.stringify({ username: request.referenceToken.username }))));
  },
  async fastify(t, checker, scopes) {
    const app = fastify();
    app.get("/", { onRequest: forFastify(checker)(...scopes) }, (request, reply) =>
      reply.send({ username: request.referenceToken.username }));
    t.after(() => app.close());
    return app.listen({ port: 0, host: "127.0.0.1" });
  },
};

for (const [name, start] of Object.entries(APIS)) {
  test(`${name} refuses what forward auth refuses`, async (t) => {
    const api = await start(t, client, ["read"]);
    for (const [what, headers] of Object.entries(refused)) {
      const [own, answer] = [await forwardAuth(headers), await ask(api, headers)];
      assert.deepEqual([answer.status, answer.challenge], [401, own.challenge], what);
      assert.equal(answer.headers["cache-control"], "no-store");
    }
    const twice = await ask(api, [...bearer(good), ...bearer(good)]);
    assert.equal(twice.challenge, 'Bearer realm="api", error="invalid_request"');
  });

  test(`${name} lets in whom forward auth lets in`, async (t) => {
    const api = await start(t, client, ["read", "update"]);
    for (const [what, headers] of Object.entries(letIn)) {
      assert.equal((await forwardAuth(headers)).status, 200, what);
      assert.deepEqual((await ask(api, headers)).body, { username: "alice" }, what);
    }
  });

  test(`${name} names the scopes that are missing`, async (t) => {
    const answer = await ask(await start(t, client, ["read", "update"]), bearer(reading));
    const challenge = 'Bearer realm="api", error="insufficient_scope", scope="read update"';
    assert.deepEqual([answer.status, answer.challenge], [403, challenge]);
  });

  test(`${name} says try again where nothing can be known`, async (t) => {
    const answer = await ask(await start(t, new Client({ ...account, baseUrl: await silent() }), []), bearer(good));
    assert.deepEqual([answer.status, answer.headers["retry-after"], answer.challenge], [503, "5", undefined]);
  });

  test(`${name} believes the proxy in front where it is told so`, async (t) => {
    const api = await start(t, new BehindProxy(), ["read"]);
    const { headers } = await forwardAuth(bearer(good));
    const set = Object.entries(headers).filter(([header]) => header.startsWith("x-auth-"));
    assert.deepEqual((await ask(api, set)).body, { username: "alice" });
    const untold = set.filter(([header]) => header !== "x-auth-subject");
    const joined = set.map(([header, value]) => [header, header === "x-auth-scope" ? `admin ,${value}` : value]);
    const odd = set.map(([header, value]) => [header, header === "x-auth-username" ? "%E0%A4%A" : value]);
    for (const wrong of [bearer(good), untold, joined, odd, [...set, ["X-Auth-Scope", "admin"]]]) {
      const answer = await ask(api, wrong);
      assert.deepEqual([answer.status, answer.challenge], [401, 'Bearer realm="api"']);
    }
  });

  test(`${name} passes on what is no refusal`, async (t) => {
    const broken = { check() { throw new TypeError("a mistake"); } };
    const guard = forExpress(broken)();
    if (name === "node") await guard({ rawHeaders: [] }, {}, (error) => assert.equal(error.message, "a mistake"));
    if (name === "fastify") assert.equal((await ask(await start(t, broken, []), [])).status, 500);
  });
}
