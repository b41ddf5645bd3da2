// The running service, which the program that starts these tests tells of in the environment.

import { createServer, request } from "node:http";
import { Client } from "reference-tokens-client";

const told = JSON.parse(process.env.REFERENCE_TOKENS_TEST);

export const { baseUrl, clientId, clientSecret, good, reading, revocable, refused, letIn } = told;
export const account = { baseUrl, clientId, clientSecret };
export const client = new Client(account);
export const bearer = (token) => [["Authorization", `Bearer ${token}`]];

/** The answer to a GET with these headers, of which one may be sent twice. */
export function ask(address, headers) {
  return new Promise((resolve, reject) => {
    const asked = request(address, { headers: [["Host", new URL(address).host], ...headers].flat(), agent: false });
    asked.on("error", reject);
    asked.on("response", async (answer) => {
      const pieces = await answer.toArray();
      const challenge = answer.headers["www-authenticate"];
      const body = JSON.parse(Buffer.concat(pieces).toString());
      resolve({ status: answer.statusCode, challenge, headers: answer.headers, body });
    });
    asked.end();
  });
}

/** What a proxy hears from the service about a request with these headers. */
export const forwardAuth = (headers) => ask(`${baseUrl}/auth/resource/${clientId}`, headers);

/** A server on loopback that answers every request in this way, for the time of the test: its address. */
export async function serving(test, answer) {
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  test.after(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  return `http://127.0.0.1:${server.address().port}`;
}

/** An address on loopback at which nobody listens. */
export async function silent() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
