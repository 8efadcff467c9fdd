// events: the stream as lines, whatever the network does to it.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fake, event, problem } from './fake.mjs';
import { run, runInShell, start } from './run.mjs';

const line = 'GET /v1/events';
const moved = (seq, status) =>
	event(seq, 'account.status', {
		account: 'a',
		workspace: 'default',
		status,
		cause: 'none',
		text: '',
		data: {},
	});

// A stream that sends `text` and stays open.
const sends = (text) => ({ stream: (res) => res.write(text) });

test('an event is a line: time, number, type, account, status, the rest', async (t) => {
	const fake = await Fake.start(t);
	const members = {
		account: 'a',
		workspace: 'acme',
		status: 'failed',
		cause: 'logged_out',
		user_action: 'scan_qr',
		generation: 3,
		text: 'the phone\x1b[2J',
		data: { from: 'up', n: 2 },
	};

	fake.on(line, sends(`retry: 1000\n\n:\n\n${event(7, 'account.status', members)}`));
	const running = start(['events'], { fake });

	await running.until(/\n/);
	assert.equal(
		running.stdout,
		'2025-11-16T10:00:00.000Z 7 account.status a failed workspace=acme cause=logged_out ' +
			'user_action=scan_qr generation=3 text="the phone\\x1b[2J" from=up n=2\n',
	);
	assert.equal(fake.request.headers.accept, 'text/event-stream');
	assert.equal(fake.request.headers['last-event-id'], undefined);
	assert.equal((await running.stop()).signal, 'SIGTERM');
});

test('--json prints the data as it came, an event a line', async (t) => {
	const fake = await Fake.start(t);

	fake.on(
		line,
		sends('id: 1\nevent: x\ndata: {"a" :1,\ndata: "b":2}\n\nid: 2\ndata: {}\n\n'),
	);
	const running = start(['events', '--json'], { fake });

	await running.until(/\{\}\n/);
	assert.equal(running.stdout, '{"a" :1, "b":2}\n{}\n');
	await running.stop();
});

test('--after begins there', async (t) => {
	const fake = await Fake.start(t),
		running = start(['events', '--after', '1200'], {
			fake: fake.on(line, sends(moved(1201, 'new'))),
		});

	await running.until(/ 1201 /);
	assert.equal(fake.request.headers['last-event-id'], '1200');
	await running.stop();
});

// The same two events in every form that the standard allows.
const forms = {
	'line feeds': (s) => s,
	'carriage returns': (s) => s.replaceAll('\n', '\r'),
	both: (s) => s.replaceAll('\n', '\r\n'),
	'no blank behind the colon': (s) => s.replaceAll(': ', ':'),
	'comments between': (s) => s.replaceAll('\ndata', '\n: hello\ndata'),
	'unknown fields between': (s) => s.replaceAll('\ndata', '\ncolour: red\nbare\ndata'),
};

for (const [name, form] of Object.entries(forms)) {
	for (const bytes of [1, 7, 10000]) {
		test(`${name}, ${bytes} bytes at a time`, async (t) => {
			const fake = await Fake.start(t),
				text = form(moved(1, 'new') + moved(2, 'connecting'));

			fake.on(line, {
				stream: async (res) => {
					for (let i = 0; i < text.length; i += bytes)
						await new Promise((sent) =>
							res.write(text.slice(i, i + bytes), sent),
						);
				},
			});
			const running = start(['events'], { fake });

			await running.until(/ 2 account\.status a connecting\b.*\n/);
			assert.match(
				running.stdout,
				/^\S+ 1 account\.status a new .*\n\S+ 2 account\.status a connecting .*\n$/,
			);
			await running.stop();
		});
	}
}

test('a stream that ends is taken up after the last whole event, and standard error says so', async (t) => {
	const fake = await Fake.start(t);

	fake.on(line, { stream: (res) => res.end(`${moved(5, 'new')}id: 6\ndata: {"half":`) }, 1)
		.on(line, { stream: (res) => res.socket.destroy() }, 1)
		// the number of the half event is not that of the next one
		.on(line, { stream: (res) => res.end('data: {"account":"b"}\n\n') }, 1)
		.on(line, sends(moved(6, 'connecting')));
	const running = start(['events'], { fake });

	await running.until(/ 6 /);
	assert.deepEqual(
		fake.requests.map((r) => r.headers['last-event-id']),
		[undefined, '5', '5', '5'],
	);
	assert.doesNotMatch(running.stdout, /half/);
	assert.match(
		running.stderr,
		/the event stream broke; connecting again after event 5\nrelinkctl: connected again\n/,
	);
	await running.stop();
});

test('a number alone is a place: what follows a break is not missed', async (t) => {
	const fake = await Fake.start(t);

	fake.on(line, { stream: (res) => res.end('id: 41\n\n') }, 1).on(
		line,
		sends(moved(42, 'new')),
	);
	const running = start(['events'], { fake });

	await running.until(/ 42 /);
	assert.equal(fake.requests[1].headers['last-event-id'], '41');
	await running.stop();
});

test('a reader that has gone ends it without a word', async (t) => {
	const fake = await Fake.start(t);

	fake.on(line, {
		stream: (res) => {
			const timer = setInterval(() => res.write(moved(1, 'new').repeat(100)), 20);

			res.on('close', () => clearInterval(timer));
		},
	});
	const result = await runInShell('"$0" events | head -n 1', { fake });

	assert.deepEqual([result.code, result.stderr], [0, '']);
	assert.match(result.stdout, /^\S+ 1 account\.status a new [^\n]*\n$/);
});

test('a daemon that is away and comes back is waited for, and one sentence says so', async (t) => {
	const fake = await Fake.start(t);

	fake.on(line, sends(moved(5, 'new')), 1)
		.on(line, problem(503, 'stopping', 'The daemon is stopping.'), 1)
		.on(line, sends(moved(6, 'new')));
	const running = start(['events'], { fake });

	await running.until(/ 5 /);
	await fake.close();
	await running.until(/connecting again/, 'stderr');
	await fake.listen({ path: fake.socket });
	await running.until(/ 6 /);
	assert.equal(running.stderr.match(/connecting again/g).length, 1);
	await running.stop();
});

test('an event without a number keeps the place of the one before', async (t) => {
	const fake = await Fake.start(t);

	fake.on(
		line,
		{ stream: (res) => res.end(`${moved(5, 'new')}data: {"account":"b"}\n\n`) },
		1,
	).on(line, sends(moved(6, 'new')));
	const running = start(['events'], { fake });

	await running.until(/ 6 /);
	assert.equal(fake.requests[1].headers['last-event-id'], '5');
	await running.stop();
});

test('a refusal ends it: before the first event, and when it comes later', async (t) => {
	const early = await Fake.start(t),
		late = await Fake.start(t);
	const refusal = problem(401, 'unauthorized', 'A key is needed.');

	early.on(line, refusal);
	late.on(line, { stream: (res) => res.end(moved(1, 'new')) }, 1).on(line, refusal);
	for (const fake of [early, late]) {
		const result = await run(['events'], { fake });

		assert.equal(result.code, 1);
		assert.match(result.stderr, /unauthorized: A key is needed\./);
	}
});

test('an event without end is not swallowed for ever', async (t) => {
	const fake = await Fake.start(t);

	fake.on(line, {
		stream: (res) => {
			const more = () => {
				while (!res.destroyed && res.write(`data: ${'x'.repeat(65536)}`));
			};

			res.on('drain', more);
			more();
		},
	});
	const result = await run(['events'], { fake });

	assert.equal(result.code, 1);
	assert.match(result.stderr, /larger than 1 MiB/);
});

test('an event that is no JSON is shown with what is known of it', async (t) => {
	const fake = await Fake.start(t),
		running = start(['events'], {
			fake: fake.on(line, sends('id: 3\nevent: odd\ndata: ?\n\n')),
		});

	await running.until(/\n/);
	assert.equal(running.stdout, '3 odd\n');
	await running.stop();
});

test('what is asked for is asked of the daemon', async (t) => {
	const fake = await Fake.start(t);

	fake.on(
		'GET /v1/events?workspace=acme&account=a&type=account.%2A%2Cincident.closed',
		sends(moved(1, 'connected')),
	);
	const running = start(
		['events', '--type', 'account.*,incident.closed', '--account', 'a', '--workspace', 'acme'],
		{ fake },
	);

	await running.until(/connected/);
	await running.stop();
});
