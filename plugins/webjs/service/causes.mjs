// causes.mjs - why a session ended, in Relink's words (RELINK_CAUSES of include/relink/plugin.h).
//
// The one place where words of WhatsApp, whatsapp-web.js, puppeteer and Chromium become causes.

// States of WhatsApp's connection in which the session is over, and LOGOUT, which the library adds.
const STATES = {
	LOGOUT: ["logged_out", "the phone unlinked this device"],
	UNPAIRED: ["unpaired", "WhatsApp ended the pairing"],
	UNPAIRED_IDLE: ["unpaired", "WhatsApp ended the pairing"],
	CONFLICT: ["replaced", "WhatsApp Web was opened elsewhere with this login"],
	TOS_BLOCK: ["tos_block", "WhatsApp blocked the number for its terms of service"],
	SMB_TOS_BLOCK: ["tos_block", "WhatsApp blocked the business number for its terms of service"],
	PROXYBLOCK: ["refused", "WhatsApp refuses this network or proxy"],
	DEPRECATED_VERSION: ["client_outdated", "WhatsApp no longer accepts this version of WhatsApp Web"],
};

const ERRORS = [
	[/SingletonLock|ProcessSingleton|already running for|profile appears to be in use/, "engine_crash"],
	[/net::ERR_/, "network"],
	[/no usable sandbox|--no-sandbox|Browser was not found|ENOENT|EACCES/i, "misconfigured"],
	[/ENOSPC|EMFILE|ENOMEM|EAGAIN/, "provider_down"],
	[/auth timeout|ready timeout|timed out/i, "engine_hang"],
	[/closed|crashed|detached|too early|Protocol error|Failed to launch/i, "engine_crash"],
];

// { cause, reason, text } when a session in this state of WhatsApp is over; undefined while it lives.
export function overByState(word) {
	if (!Object.hasOwn(STATES, word)) return undefined;
	const [cause, text] = STATES[word];
	return { cause, reason: word, text };
}

// Words that the library says with its event "disconnected".
export function overByEvent(word) {
	return overByState(word) ?? { cause: "unknown", reason: String(word), text: `whatsapp-web.js says: ${word}` };
}

// What a rejection of the library, puppeteer or Chromium means. It may be any value, also a string.
export function overByError(error) {
	const words = String(error?.message ?? error);
	const [, cause] = ERRORS.find(([pattern]) => pattern.test(words)) ?? [undefined, "unknown"];
	return { cause, reason: "ERROR", text: firstLines(words) };
}

// Puppeteer puts the browser's whole output behind its first line.
const firstLines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean).slice(0, 4).join("; ").slice(0, 250);
