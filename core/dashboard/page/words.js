// words.js - what the API's words mean to people, and how serious they are.

// tone: good, work, ask, bad, off
export const statuses = {
	connected: ["Connected", "good"],
	connecting: ["Connecting", "work"],
	authenticated: ["Logged in", "work"],
	reconnecting: ["Reconnecting", "work"],
	qr_scanning: ["Waiting for a scan", "ask"],
	failed: ["Failed", "bad"],
	disconnected: ["Disconnected", "off"],
	new: ["New", "off"],
};
export const bands = {
	excellent: ["Excellent", "good"], good: ["Good", "good"], warning: ["Warning", "ask"],
	critical: ["Critical", "bad"], failed: ["Failed", "bad"],
};
export const actions = {
	scan_qr: "Scan a QR code", open_phone: "Open the phone", check_provider: "Check the provider",
	unblock: "Unblock the account", fix_config: "Fix the configuration",
};
export const states = {
	up: "good", ready: "good", calm: "good", connected: "good",
	down: "bad", given_up: "bad", braking: "bad", cooling: "bad", killed: "bad", dead: "bad", held: "bad",
	draining: "ask", probing: "ask", ramping: "work", starting: "work", ending: "work", closing: "work",
};

const plain = (word) => {
	const text = String(word).replaceAll("_", " ");
	return text.charAt(0).toUpperCase() + text.slice(1);
};
// In a table stand a text and a tone, or a tone alone.
export const said = (table, word) => (Array.isArray(table[word]) ? table[word][0] : plain(word));
export const tone = (table, word) => (Array.isArray(table[word]) ? table[word][1] : table[word]) ?? "off";
export const titled = plain;

export const count = (n, one, many = `${one}s`) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
