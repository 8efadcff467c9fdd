// figures.mjs - how long things take and what they cost, with relinkd's default configuration. No test.
//
//   RELINK_BIN=build/crash/bin RELINK_PLUGINS=build/crash/plugins node tests/e2e/webjs/figures.mjs [NAME...]
//
// Names: code, resume, recover, requests, memory; without any, all of them, in about four minutes. Each line
// ends with the load of the machine, since a busy one makes all times longer.

import { Daemon, until } from "../lib/daemon.mjs";
import { Chain } from "./chain.mjs";
import { FakeService } from "./fake.mjs";
import { fleet, load, seconds, summary, timeToCode, timeToRecover, timeToResume } from "./measure.mjs";
import { KEY, noChromium } from "./service.mjs";

const say = (what, figure) => console.log(`${what.padEnd(58)} ${figure}   [load ${load()}]`);
const MiB = (bytes) => `${Math.round(bytes / 1048576)} MiB`;
const ids = ["one", "two", "three", "four", "five"];
const linkAll = async (chain) => {
	for (const [i, id] of ids.entries()) await chain.link(id, `62811122233${i}`);
};

// With a chain that has relinkd's own intervals.
const withChain = (act) => async () => {
	const chain = await Chain.start({ policy: null });
	try {
		await act(chain);
	} finally {
		await chain.stop();
	}
};

const figures = {
	code: withChain(async (chain) => {
		const times = [];
		for (let i = 0; i < 10; i++) {
			times.push((await timeToCode(chain, `a${i}`)).ms);
			await chain.ctl("account", "disconnect", `a${i}`, "--wait", "60");
			await until(() => chain.service.browsers().length === 0);
		}
		say("request to QR code in the terminal", summary(times));
	}),

	// Of an account each, since a second death soon after the first waits longer.
	resume: withChain(async (chain) => {
		const times = [];
		await linkAll(chain);
		for (const id of ids) times.push(await timeToResume(chain, id));
		say("Chromium's death to connected again", summary(times));
	}),

	recover: withChain(async (chain) => {
		await linkAll(chain);
		say("the service's death to all five connected again", seconds(await timeToRecover(chain, ids)));
	}),

	requests: async () => {
		const service = await FakeService.start();
		const d = new Daemon({ more: { policy: {}, providers: fleet(service, KEY) } });
		await d.start();
		const accounts = Array.from({ length: 50 }, (_, i) => `a${i}`);
		await Promise.all(accounts.map((id) => d.ok("POST", "/v1/accounts", { provider: "webjs", id, connect: true })));
		for (const id of accounts) await d.reaches(id, "connected", 60);
		const mark = service.seen.length, began = Date.now();
		await new Promise((go) => setTimeout(go, 120e3)); // a figure per minute takes minutes
		const minutes = (Date.now() - began) / 60e3, asked = service.seen.slice(mark);
		const kinds = [...new Set(asked.map(({ method, path }) => `${method} ${path}`))];
		say("requests a minute to an instance with 50 connected sessions",
			`${(asked.length / minutes).toFixed(1)} (${kinds.join(", ")})`);
		await d.stop();
		service.stop();
	},

	memory: withChain(async (chain) => {
		await linkAll(chain);
		const { body } = await chain.service.call("GET", "/api/sessions");
		const mean = (name) => body.sessions.reduce((sum, { memory }) => sum + memory[name], 0) / body.sessions.length;
		say("memory of a session, mean of five: own_bytes", MiB(mean("own_bytes")));
		say("  and rss_bytes, which counts shared pages many times", `${MiB(mean("rss_bytes"))} in ${mean("processes")} processes`);
		const { body: health } = await chain.service.call("GET", "/health");
		say("memory of the service itself, with five: RSS", MiB(health.memory.rss_bytes));
	}),
};

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(figures);
const strange = chosen.find((name) => !Object.hasOwn(figures, name));
if (strange) throw new Error(`there is no figure ${strange}; there are: ${Object.keys(figures).join(", ")}`);
if (noChromium) throw new Error(noChromium);
for (const name of chosen) await figures[name]();
process.exit(0);
