// Verifies webhooks by the npm package standardwebhooks. Reads a JSON array of {secret, headers, body} from standard
// input, and prints an array with "verified", or the reason for which the package refuses it, for each.
const { readFileSync } = require("node:fs");
const { Webhook, WebhookVerificationError } = require("standardwebhooks");

function verdict({ secret, headers, body }) {
  try {
    const event = new Webhook(secret).verify(body, headers);
    return JSON.stringify(event) === JSON.stringify(JSON.parse(body)) ? "verified" : "another event";
  } catch (failure) {
    if (failure instanceof WebhookVerificationError) return failure.message;
    throw failure;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(verdict)));
