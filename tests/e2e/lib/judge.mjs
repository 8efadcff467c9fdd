// judge.mjs - what really happened at the provider, read from the mock's journals.
//
// plugins/mock/README.md has the format and what can be relied on.  Times are milliseconds.

import { existsSync, readFileSync } from "node:fs";

function parse(line) {
	const [at, boot, verb, ...pairs] = line.split(" ");
	const fields = Object.fromEntries(pairs.map((p) => {
		const cut = p.indexOf("=");
		return [p.slice(0, cut), decodeURIComponent(p.slice(cut + 1))];
	}));
	return { at: Number(at), boot: Number(boot), verb, ...fields };
}

export function readJournal(file) {
	if (!existsSync(file)) return [];
	const text = readFileSync(file, "utf8");
	return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").filter(Boolean).map(parse);
}

const killsLogin = new Set(["logged_out", "unpaired", "auth_corrupt"]);

export class Judge {
	constructor(files, now = Date.now()) {
		this.now = now;
		this.lines = files.flatMap((f, i) => readJournal(f).map((l) => ({ ...l, place: i })));
		this.lives = [];
		this.requests = new Map();
		this.doubles = this.lines.filter((l) => l.verb === "DOUBLE");
		this.lists = this.lines.filter((l) => l.verb === "list").length;
		for (const l of this.lines) this.take(l);
		for (const life of this.lives) {
			if (life.end === undefined && life.drop !== undefined && life.drop <= now) life.end = life.drop;
		}
	}

	take(l) {
		if (l.verb === "boot") {
			for (const life of this.lives)
				if (life.place === l.place && life.end === undefined) this.endLife(life, l.at, "boot");
		} else if (l.verb === "create") {
			const key = `${l.account} ${l.session} ${l.gen}`;
			this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
			if (l.result === "ok") this.lives.push({
				account: l.account, session: l.session, gen: Number(l.gen), profile: l.profile,
				place: l.place, login: l.login, from: Number(l.applies ?? l.at), asked: l.at,
				drop: l.drop && Number(l.drop), cause: l.cause, scan: l.scan && Number(l.scan),
				up: l.up && Number(l.up),
			});
		} else if (l.verb === "end") {
			const life = this.lives.find((x) => x.session === l.session && x.gen === Number(l.gen) && !x.endSaid);
			if (life) this.endLife(life, l.at, l.why, l.cause);
		}
	}

	endLife(life, at, why, cause) {
		life.endSaid = true;
		life.end = life.drop !== undefined && life.drop <= at ? life.drop : at;
		life.why = why;
		if (cause) life.cause = cause;
		if (life.end < life.from) life.end = life.from;         // it never began
	}

	livesOf(account) {
		return this.lives.filter((l) => l.account === account && !(l.end !== undefined && l.end <= l.from));
	}

	liveAt(account, t = this.now) {
		return this.livesOf(account).filter((l) => l.from <= t && (l.end === undefined || l.end > t));
	}

	accounts() {
		return [...new Set(this.lives.map((l) => l.account))];
	}

	// Longest time, in ms, in which two lives of one account stood side by side.
	overlap(account) {
		const lives = this.livesOf(account).sort((a, b) => a.from - b.from);
		let longest = 0;
		for (let i = 1; i < lives.length; i++)
			for (let k = 0; k < i; k++)
				longest = Math.max(longest, Math.min(lives[k].end ?? this.now, lives[i].end ?? this.now) - lives[i].from);
		return longest;
	}

	// Creates of one (account, session, generation) beyond the first.
	repeatedCreates() {
		return [...this.requests].filter(([, n]) => n > 1).map(([key]) => key);
	}

	// Lives on a profile without a login, though the account had a living login elsewhere.
	lostLogins() {
		const lost = [];
		for (const account of this.accounts()) {
			let login;
			for (const life of this.livesOf(account).sort((a, b) => a.asked - b.asked)) {
				if (life.login === "none" && login && login.profile !== life.profile && login.until > life.asked)
					lost.push({ account, session: life.session, instead_of: login.profile });
				const scanned = life.login === "good" || this.scannedAt(life) < (life.end ?? this.now);
				const dead = killsLogin.has(life.cause) && life.end !== undefined;
				if (scanned) login = { profile: life.profile, until: dead ? life.end : Infinity };
			}
		}
		return lost;
	}

	scannedAt(life) {
		const said = this.lines.find((l) => l.verb === "scan" && l.session === life.session);
		return said?.at ?? life.scan ?? Infinity;
	}
}
