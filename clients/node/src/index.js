export { BehindProxy } from "./behind-proxy.js";
export { Client } from "./client.js";
export { NotAllowed, Refused, Unavailable } from "./refusals.js";
export { isWellFormed, pairsOf } from "./tokens.js";
