// watch: the accounts as they are now, on a terminal and elsewhere.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fake, account, ahead, event, problem } from './fake.mjs';
import { run, start, startOnTerminal } from './run.mjs';

// A daemon with accounts that can be changed; each change is an event.
async function daemon(t, list) {
	const fake = await Fake.start(t),
		accounts = new Map(list.map((a) => [a.id, a]));
	let seq = 100;

	fake.on('GET /v1/events', { stream: (res) => res.write('retry: 250\n\n') });
	fake.on('GET /v1/accounts', ({ url }) => {
		const query = new URL(url, 'http://x').searchParams,
			status = query.get('status');

		return {
			json: {
				accounts: [...accounts.values()].filter(
					(a) => !status || a.status === status,
				),
				next_cursor: null,
			},
		};
	});
	const serve = (id) =>
		fake.on(`GET /v1/accounts/${id}`, () =>
			accounts.has(id)
				? { json: accounts.get(id) }
				: problem(404, 'account_not_found', 'gone'),
		);

	for (const id of accounts.keys()) serve(id);
	const change = (id, members, told = true) => {
		if (!fake.answers.some((a) => a.line === `GET /v1/accounts/${id}`)) serve(id);
		if (members) accounts.set(id, { ...(accounts.get(id) ?? account(id)), ...members });
		else accounts.delete(id);
		if (told) fake.send(event(seq++, 'account.status', { account: id }));
	};

	return { fake, change };
}

// Resolves once the list was read after the stream stood: from then on nothing is missed.
async function loaded(fake) {
	while (!fake.lines.some((l) => l.startsWith('GET /v1/accounts?')))
		await new Promise((wake) => setImmediate(wake));
}

// Changes are told until they are seen: the list may be on its way to relinkctl still.
async function changed(running, pattern, again) {
	const timer = setInterval(again, 200);

	try {
		return await running.until(pattern);
	} finally {
		clearInterval(timer);
	}
}

test('elsewhere than on a terminal each change is a line', async (t) => {
	const { fake, change } = await daemon(t, [
		account('a'),
		account('b', { status: 'connecting' }),
	]);
	const running = start(['watch'], { fake });

	await loaded(fake);
	assert.deepEqual(fake.lines.slice(0, 2), ['GET /v1/events', 'GET /v1/accounts?limit=1000']);
	let n = 0;

	await changed(running, /b: connecting, network \(try \d+\)/, () =>
		change('b', { reason: { cause: 'network', text: `try ${n++}` } }),
	);
	change('a', {
		status: 'failed',
		user_action: 'scan_qr',
		reason: { cause: 'logged_out', text: '\x1b[2J' },
	});
	await running.until(
		/^\d{4}-\d\d-\d\dT\S+Z a: failed, logged_out \(\\x1b\[2J\); to do: scan_qr \(was connected\)$/m,
	);
	change('c', { status: 'new' });
	await running.until(/ c: new \(was not in the list\)$/m);
	change('b', null);
	await running.until(/ b: gone from the list \(was connecting\)$/m);
	assert.doesNotMatch(running.stdout, /\x1b/);
	await running.stop();
});

test('an event that changes nothing that a person sees is no line', async (t) => {
	const { fake, change } = await daemon(t, [account('a'), account('b')]);
	const running = start(['watch'], { fake });
	let n = 0;

	await loaded(fake);
	await changed(running, /a: connected, network/, () =>
		change('a', { reason: { cause: 'network', text: `${n++}` } }),
	);
	const before = running.stdout;

	change('b', { generation: 9 });
	change('b', { status: 'failed' });
	await running.until(/b: failed/);
	assert.match(running.stdout.slice(before.length), /^\S+ b: failed \(was connected\)\n$/);
	await running.stop();
});

test('what happened while the stream was broken is seen afterwards', async (t) => {
	const { fake, change } = await daemon(t, [account('a'), account('b')]);
	const running = start(['watch'], { fake });
	let n = 0;

	await loaded(fake);
	await changed(running, /a: connected, network/, () =>
		change('a', { reason: { cause: 'network', text: `${n++}` } }),
	);
	await fake.close();
	await running.until(/the event stream broke/, 'stderr');
	change('a', { status: 'failed', reason: { cause: 'none', text: '' } }, false);
	change('b', null, false);
	await fake.listen({ path: fake.socket });
	await running.until(/a: failed \(was connected\)/);
	await running.until(/b: gone from the list/);
	assert.match(running.stderr, /connected again/);
	await running.stop();
});

test('events that the daemon has forgotten make it look at everything', async (t) => {
	const { fake, change } = await daemon(t, [account('a')]);
	const running = start(['watch'], { fake });

	await loaded(fake);
	change('a', { status: 'failed' }, false);
	await changed(running, /a: failed \(was connected\)/, () =>
		fake.send('id: 500\nevent: gap\ndata: {"after":100,"next":501}\n\n'),
	);
	await running.stop();
});

test('a crowd that moves at once is read as a list, not one by one', async (t) => {
	const ids = Array.from({ length: 900 }, (_, i) => `a${i}`);
	const { fake, change } = await daemon(
		t,
		ids.map((id) => account(id)),
	);
	const running = start(['watch'], { fake });

	await loaded(fake);
	fake.requests.length = 0;
	await changed(running, /a899: failed/, () =>
		ids.forEach((id) => change(id, { status: 'failed' })),
	);
	assert.equal(new Set(running.stdout.match(/a\d+: failed/g)).size, 900);
	assert.ok(fake.requests.length < 900, `${fake.requests.length} requests`);
	await running.stop();
});

test('--status: an account that leaves it goes from the list', async (t) => {
	const { fake, change } = await daemon(t, [
		account('a', { status: 'failed' }),
		account('b'),
	]);
	const running = start(['watch', '--status', 'failed'], { fake });

	await loaded(fake);
	await changed(running, /b: failed \(was not in the list\)/, () =>
		change('b', { status: 'failed' }),
	);
	change('a', { status: 'connected' });
	await running.until(/a: gone from the list \(was failed\)/);
	assert.equal(fake.lines[1], 'GET /v1/accounts?status=failed&limit=1000');
	await running.stop();
});

test('a filter that the daemon refuses ends it with exit code 1', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/events', { stream: (res) => res.write(':\n\n') }).on(
		'GET /v1/accounts',
		problem(400, 'invalid_field', '"status" must be one of new, ...'),
	);
	const result = await run(['watch', '--status', 'blue'], { fake });

	assert.equal(result.code, 1);
	assert.match(result.stderr, /invalid_field: "status" must be/);
});

test('--json prints what the daemon answers, a document a line', async (t) => {
	const { fake, change } = await daemon(t, [account('a')]);
	const running = start(['watch', '--json'], { fake });

	await running.until(/\n/);
	await changed(running, /"failed".*\n/, () => change('a', { status: 'failed' }));
	const documents = running.stdout
		.trim()
		.split('\n')
		.map((l) => JSON.parse(l));

	assert.equal(documents[0].accounts[0].id, 'a');
	assert.equal(documents[1].status, 'failed');
	await running.stop();
});

// --- on a terminal ---

const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l',
	LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';

// The frame that was drawn last, as lines without escapes.
function frame(stdout) {
	const last = stdout.slice(0, stdout.lastIndexOf('\x1b[J')).split('\x1b[H').at(-1);

	return last
		.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]/g, '')
		.split('\r\n')
		.map((l) => l.trimEnd());
}

const drawn = (pattern) => new RegExp(`${pattern.source}[^]*\\x1b\\[J`);

test("a terminal shows totals, and first those that want somebody's eye", async (t) => {
	const { fake, change } = await daemon(t, [
		account('calm'),
		account('scan-me', { status: 'qr_scanning' }),
		account('broken', { status: 'failed', reason: { cause: 'banned', text: '' } }),
		account('soon', { status: 'reconnecting', next_attempt_at: ahead(100) }),
	]);
	const running = startOnTerminal(['watch'], { fake });

	await running.until(drawn(/calm/));
	const lines = frame(running.stdout);

	assert.equal(lines[0], '4 accounts: 1 failed, 1 qr_scanning, 1 reconnecting, 1 connected');
	assert.deepEqual(
		lines.slice(2).map((l) => l.split(' ')[0]),
		['ID', 'broken', 'scan-me', 'soon', 'calm', ''],
	);
	assert.match(lines[5], /^soon +reconnecting .* in 1m\d\ds/);
	change('calm', { status: 'failed' });
	await running.until(drawn(/2 failed/));
	assert.match(frame(running.stdout)[3], /^broken/);
	await running.stop();
});

test('the next try counts down although nothing happens', async (t) => {
	const { fake } = await daemon(t, [
		account('soon', { status: 'reconnecting', next_attempt_at: ahead(60) }),
	]);
	const running = startOnTerminal(['watch', '--interval', '1'], { fake });
	const first = Number((await running.until(/in (\d\d)s/))[1]);

	await running.until(new RegExp(`in ${first - 2}s`));
	assert.equal(fake.requests.length, 2);
	await running.stop();
});

test('more accounts than rows: the rest is counted', async (t) => {
	const { fake } = await daemon(
		t,
		Array.from({ length: 50 }, (_, i) => account(`a${i}`)),
	);
	const running = startOnTerminal(['watch'], { fake, rows: 20 });

	await running.until(drawn(/and 35 more/));
	// the last line is where the cursor waits; one more would scroll the totals away
	assert.equal(frame(running.stdout).length, 20);
	await running.stop();
});

test('a broken stream is said in the picture', async (t) => {
	const { fake } = await daemon(t, [account('a')]);
	const running = startOnTerminal(['watch'], { fake, columns: 140 });

	await running.until(drawn(/a {2}/));
	await fake.close();
	await running.until(drawn(/the event stream broke; connecting again/));
	await fake.listen({ path: fake.socket });
	await running.until(/broke[^]*\x1b\[H(?:(?!broke)[^])*\x1b\[J/);
	await running.stop();
});

test('a picture obeys nothing that comes from outside', async (t) => {
	const fake = await Fake.start(t),
		a = account('a', {
			label: '\x1b[5mlabel',
			reason: { cause: '\x1b[5m', text: '\r' },
		});

	fake.on('GET /v1/events', { stream: (res) => res.write('id: \x1b[5m\ndata: {}\n\n') }, 1)
		.on('GET /v1/events', { lost: true })
		.on('GET /v1/accounts', { json: { accounts: [a], next_cursor: null } });
	const running = startOnTerminal(['watch'], { fake, columns: 140 });

	await running.until(drawn(/label/));
	fake.streams[0].socket.destroy();
	await running.until(drawn(/connecting again after event \\x1b\[5m/));
	assert.doesNotMatch(running.stdout, /\x1b\[5m/);
	await running.stop();
});

for (const [name, key] of [
	['Ctrl-C', '\x03'],
	['Ctrl-\\', '\x1c'],
]) {
	test(`${name} puts the screen back`, async (t) => {
		const { fake } = await daemon(t, [account('a')]);
		const running = startOnTerminal(['watch'], { fake });

		await running.until(drawn(/a {2}/));
		assert.ok(running.stdout.startsWith(ENTER));
		running.child.stdin.write(key);
		const { stdout } = await running.ended;

		assert.equal(stdout.split(LEAVE).length, 2);
		assert.ok(stdout.lastIndexOf('\x1b[H') < stdout.indexOf(LEAVE));
	});
}
