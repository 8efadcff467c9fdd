// fake.mjs - a daemon for relinkctl's tests: HTTP on a unix socket or on TCP, answers from a list,
// and a memory of what was asked.  It knows the documented JSON (core/api/README.md) and no rules.
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class Fake {
	requests = [];
	answers = [];
	streams = [];

	// `t` is the test: the fake ends with it.
	static async start(t, { tcp = false } = {}) {
		const fake = new Fake();

		fake.folder = mkdtempSync(join(tmpdir(), 'relinkctl-'));
		fake.socket = join(fake.folder, 'relink.sock');
		fake.server = http.createServer((req, res) => fake.#take(req, res));
		await fake.listen(tcp ? { port: 0, host: '127.0.0.1' } : { path: fake.socket });
		if (tcp) fake.url = `http://127.0.0.1:${fake.server.address().port}`;
		t.after(() => fake.stop());
		return fake;
	}

	listen(where) {
		return new Promise((done) => this.server.listen(where, done));
	}

	// Breaks every connection and listens no more; the folder stays until stop().
	async close() {
		const closed = new Promise((done) => this.server.close(done));

		this.server.closeAllConnections();
		await closed;
	}

	async stop() {
		await this.close();
		rmSync(this.folder, { recursive: true, force: true });
	}

	// What to answer to "GET /v1/accounts/a" (with or without its query), or a function of the
	// request that returns it:
	//	status, json or text, headers
	//	lost	break the connection instead
	//	missing	promise so many bytes more than come, then break it
	//	hold	called with a function that sends the body
	//	stream	a stream of events; called with the response
	// `times`: used up after so many requests.
	on(line, answer, times = Infinity) {
		this.answers.push({ line, answer, times });
		return this;
	}

	// The one request, for tests that expect a single one.
	get request() {
		if (this.requests.length !== 1)
			throw new Error(`expected one request, got ${JSON.stringify(this.lines)}`);
		return this.requests[0];
	}

	get lines() {
		return this.requests.map((r) => `${r.method} ${r.url}`);
	}

	// One server-sent event to whoever listens.
	send(text) {
		for (const res of this.streams) res.write(text);
	}

	#take(req, res) {
		const chunks = [];

		req.on('data', (c) => chunks.push(c));
		req.on('end', () => {
			const seen = {
				method: req.method,
				url: req.url,
				headers: req.headers,
				body: Buffer.concat(chunks).toString(),
			};

			this.requests.push(seen);
			this.#answer(seen, req, res);
		});
	}

	#answer(seen, req, res) {
		const line = `${seen.method} ${seen.url}`;
		const match = this.answers.find(
			(a) => a.times > 0 && (a.line === line || a.line === line.split('?')[0]),
		);
		let a =
			match?.answer ??
			problem(404, 'not_found', `The test has no answer to ${line}.`);

		if (match) match.times--;
		if (typeof a === 'function') a = a(seen);
		if (a.lost) {
			res.socket.destroy();
			return;
		}
		if (a.stream) {
			res.writeHead(200, { 'content-type': 'text/event-stream' });
			res.flushHeaders();
			this.streams.push(res);
			res.on('close', () => this.streams.splice(this.streams.indexOf(res), 1));
			a.stream(res, seen);
			return;
		}
		const body = a.text ?? (a.json === undefined ? '' : JSON.stringify(a.json));
		const type =
			(a.status ?? 200) >= 400 ? 'application/problem+json' : 'application/json';

		const length = Buffer.byteLength(body) + (a.missing ?? 0);

		res.writeHead(a.status ?? 200, {
			'content-type': type,
			'content-length': length,
			...a.headers,
		});
		if (a.missing) res.write(body, () => res.socket.destroy());
		else if (a.hold) a.hold(() => res.end(body));
		else res.end(body);
	}
}

export function problem(status, code, detail) {
	return { status, json: { type: 'about:blank', title: 'No', status, code, detail } };
}

export function account(id, members = {}) {
	return {
		id,
		workspace: 'default',
		provider: 'mock',
		instance: 'mock-1',
		label: '',
		metadata: {},
		priority: 'normal',
		status: 'connected',
		phase: 'up',
		reason: { cause: 'none', text: '' },
		user_action: 'none',
		want_connected: true,
		checking: false,
		session_id: 'mock_default_1763287200_1a2b3c4d',
		generation: 1,
		profile: 'p_1',
		phone: null,
		attempts: 0,
		created_at: '2025-11-16T10:00:00.000Z',
		since: ago(3 * 3600),
		connected_since: ago(3 * 3600),
		next_attempt_at: null,
		qr: null,
		...members,
	};
}

// Times `seconds` away from now, as the API writes them.
export const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
export const ahead = (seconds) => ago(-seconds);

export const event = (seq, type, members) =>
	`id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify({
		seq,
		type,
		time: '2025-11-16T10:00:00.000Z',
		...members,
	})}\n\n`;

// A key as it is listed, and the text that is told once.
export const key = {
	id: '0a1b2c3d',
	label: 'shop',
	role: 'operator',
	workspace: 'acme',
	created_at: ago(7200),
	expires_at: ahead(86405),
	revoked_at: null,
	last_used_at: null,
};
export const secret = `relink_0a1b2c3d_${'x'.repeat(43)}`;
