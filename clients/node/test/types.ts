// Compiled by the tests, never run: what is declared can be used as the README says, and nothing else.

import express from "express";
import fastify from "fastify";
import { BehindProxy, Client, Refused, Unavailable, type Token } from "reference-tokens-client";
import { referenceTokens as forExpress } from "reference-tokens-client/express";
import { referenceTokens as forFastify } from "reference-tokens-client/fastify";

const client = new Client({ baseUrl: "https://tokens.example.com", clientId: "rs_x", clientSecret: "enrs_y" });

export async function usernameOf(token: string): Promise<string | undefined> {
  const known: Token | null = await client.introspect(token);
  // @ts-expect-error - it may be null
  known.username;
  // @ts-expect-error - nobody changes it
  if (known) known.kind = "SAT";
  return known?.username;
}

export function answerTo(refusal: unknown): [number, Record<string, string>] {
  if (refusal instanceof Refused || refusal instanceof Unavailable) return [refusal.status, refusal.headers];
  throw refusal;
}

const app = express();
app.use(forExpress(client)("read"));

fastify().get("/", { onRequest: forFastify(new BehindProxy())("read") }, async (request) => request.referenceToken?.username);

// @ts-expect-error - the secret is needed
new Client({ baseUrl: "https://tokens.example.com", clientId: "rs_x" });
