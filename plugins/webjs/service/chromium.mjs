// chromium.mjs - can the browser be used? Known by starting it, since nothing else tells.
//
// A missing library, a forbidden sandbox, a full disk: each shows only when Chromium runs. So one empty
// page is loaded when the service starts, again after a session could not start its browser, and every
// minute while it fails. A session that starts its browser is as good a proof, and goes first.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { overByError } from "./causes.mjs";
import { end } from "./processes.mjs";

const TRIAL_MS = 20e3;
const AGAIN_MS = 60e3, SOON_MS = 10e3;
const KILL_MS = 2000;

export class Chromium {
	usable = null; // true, false, or null before the first trial has ended
	text = "not tried yet";
	#running = null;
	#child = null;
	#withdrawn = false;
	#asked = 0; // how many sessions wait for what the trial says
	#timer;

	constructor({ settings, log, boot }) {
		Object.assign(this, { settings, log, boot });
	}

	// Try it now; one trial at a time.
	trial() {
		clearTimeout(this.#timer);
		this.#running ??= this.#run().then((failure) => {
			this.#running = null;
			if (!this.#withdrawn) this.#learned(failure);
			else if (this.usable === null) this.#timer = setTimeout(() => this.trial(), SOON_MS).unref();
		});
		return this.#running;
	}

	// A session starts its browser now: the machine is needed for that.
	makeWay() {
		if (!this.#child || this.#asked > 0) return;
		this.#withdrawn = true;
		this.#kill();
	}

	// Why a session could not start its browser: { cause, text } when none can be started, undefined when
	// it is a matter of that session.
	async diagnose() {
		this.#asked++;
		do await this.trial();
		while (this.#withdrawn);
		this.#asked--;
		if (this.usable) return undefined;
		const { cause } = overByError(this.text);
		return { cause: cause === "misconfigured" ? cause : "provider_down", text: `Chromium cannot be used: ${this.text}` };
	}

	// A session's browser has started.
	worked() {
		this.#learned(undefined);
	}

	#learned(failure) {
		clearTimeout(this.#timer);
		if (failure && this.text !== failure) this.log.error(`Chromium cannot be used: ${failure}`);
		if (!failure && this.usable === false) this.log.info("Chromium can be used again");
		this.usable = !failure;
		this.text = failure ?? "it starts";
		if (failure) this.#timer = setTimeout(() => this.trial(), AGAIN_MS).unref();
	}

	#kill() {
		try {
			process.kill(-this.#child.pid, "SIGKILL");
		} catch {
			return; // it has just ended
		}
	}

	// Resolves with undefined when it worked, else with what went wrong.
	async #run() {
		const folder = path.join(this.settings.profiles, "trial");
		rmSync(folder, { recursive: true, force: true });
		const child = spawn(this.settings.chromium, ["--headless", "--dump-dom", "--disable-gpu", "--no-first-run",
			`--user-data-dir=${folder}`, "--relink-session=trial", `--relink-boot=${this.boot}`, "about:blank"],
			{ detached: true, stdio: ["ignore", "pipe", "pipe"] });
		this.#child = child;
		this.#withdrawn = false;
		let page = "", words = "", late = false;
		child.stdout.on("data", (text) => (page = (page + text).slice(-1000)));
		child.stderr.on("data", (text) => (words = (words + text).slice(-2000)));
		const timer = setTimeout(() => {
			late = true;
			this.#kill();
		}, TRIAL_MS);
		const code = await new Promise((done) => {
			child.on("error", (error) => done(error.message));
			child.on("close", (status, signal) => done(signal ?? `status ${status}`));
		});
		clearTimeout(timer);
		this.#child = null;
		if (child.pid) await end([{ pid: child.pid }], KILL_MS);
		if (late) return `it did not load an empty page in ${TRIAL_MS / 1000} s`;
		return /<html/i.test(page) ? undefined : `it ended with ${code}: ${lastWords(words)}`;
	}
}

// The last line, without what Chromium writes before each: "[12:34:0131/120000.1:ERROR:file.cc(5)] ".
const lastWords = (text) => text.trim().split("\n").pop().replace(/^\[[^\]]*\] /, "").slice(0, 300);
