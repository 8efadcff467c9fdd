// signature.mjs - how a webhook proves where it comes from.
//
// The old service's form, which receivers know: X-HMAC-Signature is the lowercase hex HMAC-SHA256 of the
// timestamp (X-Timestamp, Unix seconds in decimal) and the raw body, with nothing between the two. A
// receiver refuses timestamps more than 300 s away from its clock. Each attempt is signed anew.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const hex = (secret, timestamp, body) => createHmac("sha256", secret).update(timestamp).update(body).digest("hex");

export function sign(secret, body, now = Date.now()) {
	const timestamp = String(Math.floor(now / 1000));
	return { "X-Timestamp": timestamp, "X-HMAC-Signature": hex(secret, timestamp, body) };
}

// Are two secrets the same? Takes the same time for each wrong one, whatever its length.
export function same(a, b) {
	const digest = (text) => createHash("sha256").update(text).digest();
	return typeof a === "string" && timingSafeEqual(digest(a), digest(b));
}
