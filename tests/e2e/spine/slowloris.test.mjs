// Clients that send their requests a byte at a time, or nothing at all, and good ones among them.
//
// As a test: the good ones are all answered, the slow ones are let go in time, and nothing is left.  As a
// program it measures, with 2,000 slow sockets in a process of their own, what the good ones wait:
//
//	node tests/e2e/spine/slowloris.test.mjs --measure [sockets]

import assert from "node:assert/strict";
import http from "node:http";
import net from "node:net";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Daemon, fast, start, until, withDaemon } from "../lib/daemon.mjs";

const word = (name) => process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] ?? "" : undefined;
const kinds = [
	{ name: "nothing", first: "", drip: "" },
	{ name: "head", first: "GET /v1/accounts HTTP/1.1\r\nHost: localhost\r\n", drip: "X-a: b\r\n" },
	{ name: "byte", first: "G", drip: "E" },
	{ name: "body", first: (d) => `POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${d.key}\r\n` +
		"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", drip: " " },
	{ name: "wrong key's body", first: "POST /v1/accounts HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{", drip: " " },
	{ name: "takes no answer", first: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(40), drip: "", deaf: true },
];

// One slow client: sends what keeps its connection alive as cheaply as it can, and comes again when it
// is thrown out.
class Slow {
	constructor(d, kind, again) {
		Object.assign(this, { d, kind, again, closed: 0 });
		this.open();
	}

	open() {
		const { d, kind } = this;
		this.socket = net.connect(d.port, "127.0.0.1");
		this.socket.on("error", () => {});
		this.socket.on("connect", () => {
			this.there = true;
			this.socket.write(typeof kind.first === "function" ? kind.first(d) : kind.first);
		});
		if (kind.deaf) this.socket.pause();
		else this.socket.resume();
		this.timer = kind.drip ? setInterval(() => this.socket.writable && this.socket.write(kind.drip),
			500 + 1000 * Math.random()) : undefined;
		this.socket.on("close", () => {
			this.closed++;
			clearInterval(this.timer);
			if (this.again && !this.over) setTimeout(() => this.over || this.open(), 1000 + 1000 * Math.random());
		});
	}

	end() {
		this.over = true;
		clearInterval(this.timer);
		this.socket.destroy();
	}
}

const slows = (d, n, again) => Array.from({ length: n }, (_, i) => new Slow(d, kinds[i % kinds.length], again));

// `width` good clients, each on a connection of its own: ms of each request, sorted.
async function good(d, width, seconds) {
	const times = [], end = performance.now() + seconds * 1000;
	await Promise.all(Array.from({ length: width }, async () => {
		const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
		const client = Object.assign(Object.create(d), { agent });
		while (performance.now() < end) {
			const begin = performance.now();
			const answer = await client.request("GET", "/v1/accounts?limit=10");
			if (answer.status !== 200) throw new Error(`a good client got ${answer.status} ${JSON.stringify(answer.body)}`);
			times.push(performance.now() - begin);
			await new Promise((go) => setTimeout(go, 5));
		}
		agent.destroy();
	}));
	return times.sort((a, b) => a - b);
}

const at = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))].toFixed(2);

// The slow ones of measure(), in their own process: their timers must not be what the good ones wait for.
function crowd(d, n) {
	const child = start(process.execPath, [fileURLToPath(import.meta.url), "--crowd", String(n), String(d.port)],
		{ stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, SLOW_KEY: d.key } });
	return new Promise((there) => child.stdout.once("data", () => there(child)));
}

async function measure(n) {
	const d = new Daemon({ mock: fast, more: { http: { listen: "127.0.0.1:0", connections: 5000 } } });
	const open = () => readdirSync(`/proc/${d.child.pid}/fd`).length;
	await d.start();
	for (let i = 0; i < 10; i++) await d.ok("POST", "/v1/accounts", { provider: "mock", id: `a${i}` });
	await good(d, 10, 2); // warm
	const ratios = [];
	for (let round = 0; round < 3; round++) {
		const without = await good(d, 10, 8);
		const slow = await crowd(d, n);
		const fds = open();
		const among = await good(d, 10, 12); // longer than the deadline of a head
		slow.kill("SIGKILL");
		await until(() => open() < 100, { seconds: 60 });
		ratios.push(at(among, 0.99) / at(without, 0.99));
		console.log(`round ${round + 1}: ${n} slow sockets, ${fds} descriptors in relinkd`);
		for (const [what, times] of [["without", without], ["among", among]])
			console.log(`  ${what.padEnd(8)} ${times.length} requests, p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms, max ${at(times, 1)} ms`);
		console.log(`  p99 ratio ${ratios.at(-1).toFixed(2)}`);
	}
	await d.stop();
	console.log(`p99 of good clients, middle of 3: ${ratios.sort((x, y) => x - y)[1].toFixed(2)} times (wanted: at most 3)`);
}

if (word("--crowd") !== undefined) {
	const all = slows({ port: Number(process.argv.at(-1)), key: process.env.SLOW_KEY }, Number(word("--crowd")), true);
	await until(() => all.every((s) => s.there), { seconds: 60 });
	console.log("there");
} else if (word("--measure") !== undefined) {
	await measure(Number(word("--measure") || 2000));
} else {
	test("slow clients are let go, and good ones do not notice", () => withDaemon(
		{ more: { http: { listen: "127.0.0.1:0", connections: 1000, header_timeout: "1s", body_timeout: "1s",
			write_timeout: "1s", idle_timeout: "1s" } } }, async (d) => {
			const before = readdirSync(`/proc/${d.child.pid}/fd`).length;
			const crowd = slows(d, 300, false);
			await until(() => crowd.every((s) => s.there));
			assert.ok((await good(d, 5, 2)).length > 0);
			await until(() => crowd.every((s) => s.closed > 0 || s.kind.deaf),
				{ explain: () => crowd.filter((s) => !s.closed).map((s) => s.kind.name) });
			await until(() => readdirSync(`/proc/${d.child.pid}/fd`).length <= before,
				{ explain: () => `${readdirSync(`/proc/${d.child.pid}/fd`).length} descriptors, ${before} before` });
			crowd.forEach((s) => s.end());
		}));
}
