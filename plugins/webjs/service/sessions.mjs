// sessions.mjs - all sessions of this service, and the rules between them.
//
// - An account has at most one session. A create with a higher generation ends the lives before it and
//   starts once they are proven gone; one with a lower generation is refused. A generation is created
//   once: asked again, also after a restart, it never starts a second time.
// - A profile is open in at most one Chromium.
// - A session that ended by itself stays in the list as "down" for a while, so that whoever missed the
//   event reads what happened.

import { readdirSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ApiError, noSession, stale } from "./errors.mjs";
import { end, memoryByGroup, ourBrowsers } from "./processes.mjs";
import { Session } from "./session.mjs";

const MOST_ENDED = 1000;
const SWEEP_MS = 10e3;
const BY_REQUEST = { cause: "by_request", reason: "STOP", text: "stopped by request" };
const SUPERSEDED = { cause: "by_request", reason: "SUPERSEDED", text: "a newer session of its account took over" };
const SHUTDOWN = { cause: "provider_down", reason: "SHUTDOWN", text: "the service was stopped" };

export class Sessions {
	#table = new Map();  // id -> session; those that ended by themselves stay for a while
	#alive = new Set();  // every session of which a process may be left, listed or not
	#closed = false;

	// outside: { settings, boot, log, tell }, for each session.
	constructor(outside, { fence, chromium }) {
		Object.assign(this, outside, { fence, chromium });
		this.outside = { ...outside, chromium, onOver: (session) => this.#onOver(session) };
	}

	// End what an earlier life of this service left. Resolves with the number of browsers found; call it
	// before anything else.
	async sweep() {
		const orphans = ourBrowsers(this.settings.profiles);
		for (const { pid, session, boot } of orphans)
			this.log.info(`session ${session}: ending Chromium ${pid}, left over from boot ${boot}`);
		const stuck = await end(orphans, SWEEP_MS);
		for (const { pid, session } of stuck) this.log.error(`session ${session}: Chromium ${pid} cannot be killed`);
		await rm(this.#trash, { recursive: true, force: true });
		return orphans.length;
	}

	// ---- looking

	find(id) {
		const session = this.#table.get(id);
		if (!session) throw noSession();
		return session;
	}

	list() {
		return [...this.#table.values()];
	}

	// Memory of each live session by its id: { processes, rss_bytes, own_bytes }.
	async memory() {
		const groups = await memoryByGroup();
		const live = [...this.#alive].filter((session) => groups.has(session.engine.pid));
		return new Map(live.map((session) => {
			const { processes, rss, own } = groups.get(session.engine.pid);
			return [session.id, { processes, rss_bytes: rss, own_bytes: own }];
		}));
	}

	// Browsers that run or may run; more than the sessions that are live while some are closing.
	get busy() {
		return this.#alive.size;
	}

	// ---- creating

	// who: { id, account, workspace, profile, generation }. Generation 0 is outside of the fence: its
	// create means the live session of that id, when there is one. Returns { session, fresh }.
	create(who) {
		if (this.#closed) throw new ApiError(503, "stopping", "The service is stopping");
		const known = this.#known(who);
		if (known) return { session: known, fresh: false };
		const older = [...this.#alive].filter((session) => this.#replaces(who, session));
		if (this.#alive.size - older.length >= this.settings.capacity)
			throw new ApiError(503, "capacity", `All ${this.settings.capacity} places for sessions are taken`);
		if (who.generation > 0) this.#raise(who);
		const session = new Session(who, this.outside);
		const free = this.#free(session, older);
		for (const { id, account } of this.list()) // what is over is no longer news
			if (account !== null && account === who.account) this.#table.delete(id);
		this.#table.set(who.id, session);
		this.#alive.add(session);
		this.chromium.makeWay();
		session.start(free);
		return { session, fresh: true };
	}

	#known({ id, account, generation }) {
		const known = this.#table.get(id);
		if (known && known.account !== account)
			throw new ApiError(409, "conflict", "This session id belongs to another account");
		const highest = account === null ? 0 : this.fence.highest(account);
		if (generation < highest) throw stale(highest, `Generation ${generation} is too old: ${highest} was seen`);
		if (generation > highest) return undefined;
		if (known && known.generation === generation && (generation > 0 || known.live)) return known;
		if (generation > 0) throw stale(highest, `Generation ${generation} was created before and is over`);
		return undefined;
	}

	#replaces(who, session) {
		if (session.account === who.account && (session.id === who.id || who.account !== null)) return true;
		if (session.profile !== who.profile) return false;
		if (session.live) throw new ApiError(409, "profile_in_use", `The profile is open in session ${session.id}`);
		return true; // its Chromium is closing
	}

	#raise({ account, generation }) {
		try {
			this.fence.raise(account, generation);
		} catch (error) {
			throw new ApiError(503, "disk", `The generation cannot be written down: ${error.message}`);
		}
	}

	// Fulfilled when nobody has the profile.
	async #free(session, older) {
		const gone = await Promise.all(older.map((one) => one.over(SUPERSEDED)));
		const folder = this.#folder(session.profile);
		const left = await end(ourBrowsers(this.settings.profiles).filter((one) => one.folder === folder), SWEEP_MS);
		if (gone.includes(false) || left.length > 0)
			throw new Error("a Chromium process of an older session cannot be ended");
		// A lock of a machine or container that is no more would keep Chromium from starting.
		for (const name of ["SingletonLock", "SingletonCookie", "SingletonSocket"])
			await rm(path.join(folder, name), { force: true });
	}

	// ---- ending

	// Ends it and keeps its profile. The generation, when given, is fenced: a create of it that is still
	// on its way then comes too late. Resolves when no process is left.
	async stop(id, { account = null, generation = 0 } = {}) {
		const session = this.#table.get(id);
		if (session && account !== null && session.account !== account)
			throw new ApiError(409, "conflict", "This session belongs to another account");
		if (generation > 0 && session?.generation > generation)
			throw stale(session.generation, `The session has generation ${session.generation}`);
		if (generation > 0 && account !== null) this.#raise({ account, generation });
		if (!session) throw noSession();
		await this.#proven(session, session.over(BY_REQUEST));
	}

	// Unlinks the device at WhatsApp, ends the session and deletes its profile.
	async logout(id) {
		const session = this.find(id);
		await this.#proven(session, session.logout());
		await this.#delete(session.profile);
	}

	async #proven(session, ending) {
		if (!await ending) throw new ApiError(500, "stuck", "A process of its Chromium cannot be ended");
		if (this.#table.get(session.id) === session) this.#table.delete(session.id);
	}

	#onOver(session) {
		session.gone.then((gone) => gone && this.#alive.delete(session));
		const forget = () => this.#table.get(session.id) === session && this.#table.delete(session.id);
		setTimeout(forget, this.settings.endedKept).unref();
		const ended = this.list().filter((one) => !one.live);
		for (const { id } of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.#table.delete(id);
	}

	// End all. Resolves when they are gone; each has its deadlines.
	async close() {
		this.#closed = true;
		await Promise.all([...this.#alive].map((session) => session.over(SHUTDOWN)));
	}

	// ---- profiles

	#folder(profile) {
		return path.join(this.settings.profiles, `session-${profile}`);
	}
	get #trash() {
		return path.join(this.settings.dataDir, "trash");
	}

	// Profiles on disk: { profile, session_id }, which is null while none is open in a session.
	profiles() {
		const users = new Map([...this.#alive].map((session) => [session.profile, session.id]));
		return readdirSync(this.settings.profiles).filter((name) => name.startsWith("session-"))
			.map((name) => name.slice("session-".length))
			.map((profile) => ({ profile, session_id: users.get(profile) ?? null }));
	}

	async deleteProfile(profile) {
		const user = [...this.#alive].find((session) => session.profile === profile);
		if (user) throw new ApiError(409, "profile_in_use", `The profile is open in session ${user.id}`);
		if (!await this.#delete(profile)) throw new ApiError(404, "gone", "Profile not found");
	}

	// The folder goes at once; its files after that, at the latest when the service starts again.
	async #delete(profile) {
		await mkdir(this.#trash, { recursive: true });
		const aside = path.join(this.#trash, `${profile}-${Date.now()}`);
		try {
			await rename(this.#folder(profile), aside);
		} catch (error) {
			if (error.code === "ENOENT") return false;
			throw error;
		}
		await rm(aside, { recursive: true, force: true, maxRetries: 3 });
		return true;
	}
}
