// actions.js - what people do to an account.  Where that costs a scan, they are told before.

import { accountPath, post, remove } from "./api.js";
import { confirm } from "./dialog.js";
import { fail, note } from "./notes.js";
import { showQr } from "./qr.js";

const named = (a) => (a.label ? `${a.label} (${a.id})` : a.id);

// True when it was taken.
async function ask(account, verb, done) {
	try {
		await post(accountPath(account.id, `/${verb}`), {});
		if (done) note(`${named(account)}: ${done}`);
		return true;
	} catch (problem) {
		fail(problem);
		return false;
	}
}

// A new one has no login: what comes is a code.
export const connect = async (a) => (a.status !== "new" ? ask(a, "connect", "will be connected.") : await ask(a, "connect") && showQr(a));
export const disconnect = (a) => ask(a, "disconnect", "will be disconnected. Its login is kept.");
export const reconnect = (a) => ask(a, "reconnect", "gets a new session.");

// A new code.  The daemon knows whether that gives up a living login, and refuses it unless a person
// says that it may.
export async function regenerate(account) {
	try {
		await post(accountPath(account.id, "/qr"), {});
	} catch (problem) {
		if (problem.code !== "login_would_be_lost") return fail(problem);
		const sure = await confirm("Give up the present login?", [
			`${named(account)} has a login that works. A new QR code ends it.`,
			"This costs a scan: until somebody scans the new code with the phone, the account is not connected.",
		], "Give it up and show a code", { danger: true });
		if (!sure) return;
		try {
			await post(accountPath(account.id, "/qr"), { force: true });
		} catch (again) {
			return fail(again);
		}
	}
	return showQr(account);
}

// Resolves with true when it is gone.
export async function forget(account) {
	const sure = await confirm("Log out and delete?", [
		`${named(account)}: its session ends, and Relink forgets the account.`,
		"This costs a scan: to link it again, somebody must scan a new QR code with the phone.",
	], "Log out and delete", { danger: true });
	if (!sure) return false;
	try {
		await remove(accountPath(account.id));
		note(`${named(account)} was deleted.`);
		return true;
	} catch (problem) {
		fail(problem);
		return false;
	}
}


// The one thing that a person would do now, if there is one.
export function offer(account) {
	if (account.qr !== null) return { name: "Show QR code", act: showQr };
	if (account.user_action === "scan_qr") return { name: "New QR code", act: regenerate };
	if (!account.want_connected) return { name: "Connect", act: connect };
	if (account.status === "failed" || account.status === "disconnected") return { name: "Reconnect", act: reconnect };
	return undefined;
}

// All that can be done, with what is in the way of it.
export const all = [
	{ name: "Connect", act: connect, can: (a) => !a.want_connected },
	{ name: "Reconnect", act: reconnect, can: (a) => a.want_connected },
	{ name: "Show QR code", act: showQr, can: (a) => a.qr !== null, main: true },
	{ name: "New QR code", act: regenerate, can: (a) => a.qr === null },
	{ name: "Disconnect", act: disconnect, can: (a) => a.want_connected },
];
