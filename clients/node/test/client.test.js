// What the client tells of a token, and that trouble is never taken for a bad one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Client, NotAllowed, Refused, Unavailable, isWellFormed, pairsOf } from "reference-tokens-client";
import { account, bearer, client, good, reading, revocable, serving, silent } from "./service.js";

const mistyped = good.slice(0, -1) + (good.endsWith("0") ? "1" : "0");

test("the client tells whom a good token speaks for", async () => {
  const token = await client.introspect(good);
  assert.deepEqual([token.username, token.application, token.kind], ["alice", "com.example/excel", "PAT"]);
  assert.deepEqual(token.scopes, ["read", "update"]);
  assert.ok(token.expiresAt > token.issuedAt);
  assert.equal(token.claims.active, true);
  assert.throws(() => { token.kind = "SAT"; }, TypeError);
});

test("many are told of at once, in their order", async () => {
  const asked = [good, "enrt_no", reading, good, ...Array(120).fill(mistyped)];
  const told = await client.introspectMany(asked);
  const both = ["read", "update"];
  assert.deepEqual(told.slice(0, 4).map((token) => token?.scopes), [both, undefined, ["read"], both]);
  assert.equal(told.length, asked.length);
  assert.deepEqual(await client.introspectMany([]), []);
});

test("a revoked token is refused at the next request", async () => {
  assert.equal((await client.check(bearer(revocable))).username, "alice");
  await client.revoke("enrt_no");
  await client.revoke(revocable);
  assert.equal(await client.introspect(revocable), null);
});

test("a server without the right to revoke hears so", async (t) => {
  const refusal = '{"error": "unauthorized_client"}';
  const baseUrl = await serving(t, (_request, response) => response.writeHead(400).end(refusal));
  await assert.rejects(new Client({ ...account, baseUrl }).revoke(good), NotAllowed);
});

test("what cannot be a token costs no request", async () => {
  const other = new Client({ ...account, baseUrl: await silent() });
  const texts = ["", "enrt_", good.toLowerCase(), `${good}\n`, `${good.slice(0, -1)}Z`, `Bearer ${good}`, mistyped];
  for (const text of texts) {
    assert.equal(isWellFormed(text), false);
    assert.equal(await other.introspect(text), null);
  }
});

test("no refusal of the service is taken for a bad token, and no redirect is followed", async (t) => {
  let status;
  let requests = 0;
  const baseUrl = await serving(t, (_request, response) => {
    requests += 1;
    response.writeHead(status, { Location: "/elsewhere", "Retry-After": "7" }).end('{"active": false}');
  });
  const other = new Client({ ...account, baseUrl });
  for (status of [301, 307, 400, 401, 405, 413, 429, 500, 502, 503, 504]) {
    await assert.rejects(other.introspect(good), Unavailable);
  }
  assert.equal(requests, 11);
  const headers = { "Retry-After": "7", "Cache-Control": "no-store" };
  await assert.rejects(other.introspect(good), { retryAfter: 7, headers });
});

test("what is no answer is not taken for one", async (t) => {
  let content;
  const baseUrl = await serving(t, (_request, response) => response.end(content));
  const other = new Client({ ...account, baseUrl });
  const contents = ["", "<html>", "[]", "{}", "null", '{"active": 1}', '{"active": true}', '"x"', " ".repeat(1_100_000)];
  for (content of contents) {
    await assert.rejects(other.introspect(good), Unavailable, content.slice(0, 20));
    await assert.rejects(other.introspectMany([good]), Unavailable, content.slice(0, 20));
  }
});

test("a slow service, one that is stopped and one that breaks off are unavailable", async (t) => {
  const slow = await serving(t, (_request, response) => { response.write('{"active":'); });
  await assert.rejects(new Client({ ...account, baseUrl: slow, timeout: 200 }).introspect(good), Unavailable);
  const breaking = await serving(t, (request) => request.socket.destroy());
  await assert.rejects(new Client({ ...account, baseUrl: breaking }).introspect(good), Unavailable);
  await assert.rejects(new Client({ ...account, baseUrl: await silent() }).introspect(good), /no answer: ECONNREFUSED/);
});

test("a wrong secret is not taken for a bad token", async () => {
  const other = new Client({ ...account, clientSecret: "enrs_wrong" });
  await assert.rejects(other.introspect(good), /client id and secret/);
});

test("neither the secret nor a token stands in what is printed or thrown", async () => {
  const other = new Client({ ...account, baseUrl: await silent() });
  const error = await other.check(bearer(good)).catch((thrown) => thrown);
  const told = [inspect(other, { depth: 9, showHidden: true }), inspect(error), inspect(await client.introspect(good))];
  for (const text of told) {
    assert.ok(!text.includes(account.clientSecret) && !text.includes(good));
  }
});

test("the address is one of the web, and holds nothing more", () => {
  for (const baseUrl of ["file:///etc/passwd", "https://a:b@tokens.example.com", "https://tokens.example.com/?a=b"]) {
    assert.throws(() => new Client({ ...account, baseUrl }), /baseUrl/);
  }
  assert.throws(() => new Client({ ...account, clientSecret: undefined }), /clientSecret/);
});

test("headers that Node has as one list are pairs", async () => {
  assert.deepEqual(pairsOf(["A", "1", "a", "2"]), [["A", "1"], ["a", "2"]]);
  await assert.rejects(client.check(new Headers()), Refused);
});
