// connect, reconnect, disconnect: waiting for the outcome, with and without a person who looks on.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fake, account, ahead } from './fake.mjs';
import { cutRim, modulesOfHalfBlocks, readCode } from './qr-read.mjs';
import { run, runOnTerminal, startOnTerminal } from './run.mjs';

const qr = (code, seconds = 20) => ({ code, expires_at: ahead(seconds), deadline_at: ahead(300) });
const times = ({ expires_at, deadline_at }) => ({ expires_at, deadline_at });
const answer = (a, code = null) => ({ json: { account: a, qr: code } });

for (const [verb, seconds] of [
	['connect', 1],
	['reconnect', 120],
	['disconnect', 30],
]) {
	test(`${verb} --wait ${seconds}: the daemon waits, exit code 0 when it is reached`, async (t) => {
		const fake = await Fake.start(t),
			status = verb === 'disconnect' ? 'disconnected' : 'connected';

		fake.on(
			`POST /v1/accounts/a/${verb}`,
			answer(account('a', { status, phone: '49170' })),
		);
		const result = await run([verb, 'a', '--wait', String(seconds)], { fake });

		assert.deepEqual(
			[result.code, result.stdout, result.stderr],
			[0, `a: ${status}, phone 49170\n`, ''],
		);
		assert.equal(fake.request.headers.prefer, `wait=${seconds}`);
	});
}

const outcomes = [
	[
		'still connecting',
		'connect',
		{ status: 'connecting' },
		4,
		/a: connecting: not connected yet; the daemon goes on/,
	],
	[
		'waits for its next try',
		'connect',
		{ status: 'reconnecting', next_attempt_at: ahead(5455) },
		4,
		/next try in 1h30m: not connected yet/,
	],
	[
		'failed',
		'connect',
		{
			status: 'failed',
			user_action: 'unblock',
			reason: { cause: 'banned', text: 'no' },
		},
		1,
		/a: failed, banned \(no\); to do: unblock: WhatsApp has blocked the number/,
	],
	[
		'parked',
		'reconnect',
		{ status: 'disconnected', user_action: 'scan_qr' },
		1,
		/to do: scan_qr: somebody must scan/,
	],
	['still there', 'disconnect', { status: 'connected' }, 4, /not disconnected yet/],
	['never was there', 'disconnect', { status: 'new' }, 0, /^$/],
];

for (const [name, verb, members, code, message] of outcomes) {
	test(`${verb} --wait: ${name}, exit code ${code}`, async (t) => {
		const fake = await Fake.start(t),
			a = account('a', members);

		fake.on(`POST /v1/accounts/a/${verb}`, answer(a)).on('GET /v1/accounts/a', {
			json: a,
		});
		const result = await run([verb, 'a', '--wait', '1'], { fake });

		assert.equal(result.code, code);
		assert.match(result.stderr, message);
	});
}

test('connect --wait --json: one document, and the exit code says how it stands', async (t) => {
	const fake = await Fake.start(t);

	fake.on(
		'POST /v1/accounts/a/connect',
		answer(account('a', { status: 'qr_scanning' }), qr('2@one')),
		1,
	).on('POST /v1/accounts/a/connect', answer(account('a')));
	const scanning = await run(['connect', 'a', '--wait', '60', '--json'], { fake });
	const connected = await run(['connect', 'a', '--wait', '60', '--json'], { fake });

	assert.deepEqual([scanning.code, connected.code], [4, 0]);
	assert.equal(JSON.parse(scanning.stdout).qr.code, '2@one');
	assert.equal(JSON.parse(connected.stdout).account.status, 'connected');
	assert.equal(fake.requests.length, 2);
});

// An account that changes each time it is looked at, staying at the last.
function story(steps) {
	let at = 0;

	return () => ({ json: steps[Math.min(at++, steps.length - 1)] });
}

const codesIn = (stdout) => {
	const blocks = stdout.split(/(?=a: scan it in WhatsApp)/).slice(0, -1);

	return blocks.map((block) => {
		const lines = block
			.split(/\r?\n/)
			.map((l) => l.replaceAll(/\x1b\[[0-9;]*[A-Za-z]|\r/g, ''))
			.filter((l) => /^[ ▀▄█]{20,}$/.test(l));

		return lines;
	});
};

test('connect --wait, no terminal: draws the code, follows to the scan, draws each new code', async (t) => {
	const fake = await Fake.start(t),
		one = qr('2@one'),
		two = qr('2@two', 40);
	const scanning = (q) => account('a', { status: 'qr_scanning', qr: times(q) });

	fake.on('POST /v1/accounts/a/connect', answer(scanning(one), one))
		.on(
			'GET /v1/accounts/a',
			story([
				scanning(one),
				scanning(two),
				scanning(two),
				account('a', { phone: '49' }),
			]),
		)
		.on('GET /v1/accounts/a/qr', { json: two });
	const result = await run(['connect', 'a', '--wait', '60'], { fake });
	const drawn = codesIn(result.stdout).map((l) =>
		readCode(cutRim(modulesOfHalfBlocks(l, false)).code).toString(),
	);

	assert.equal(result.code, 0, result.stderr);
	assert.deepEqual(drawn, ['2@one', '2@two']);
	assert.match(result.stdout, /a: connected, phone 49\n$/);
	assert.equal(fake.lines.filter((l) => l.endsWith('/qr')).length, 1);
});

test('a code that is gone before it can be fetched does not matter', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/connect', answer(account('a', { status: 'connecting' }))).on(
		'GET /v1/accounts/a',
		story([
			account('a', { status: 'qr_scanning', qr: times(qr('2@x')) }),
			account('a'),
		]),
	);
	const result = await run(['connect', 'a', '--wait', '60'], { fake });

	assert.deepEqual([result.code, result.stdout, result.stderr], [0, 'a: connected\n', '']);
});

test('an account that is deleted meanwhile ends the waiting', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/connect', answer(account('a', { status: 'connecting' })));
	const result = await run(['connect', 'a', '--wait', '60'], { fake });

	assert.equal(result.code, 1);
	assert.match(result.stderr, /not_found/);
});

test('on a terminal connect waits 30 s by itself, and --no-wait does not', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/connect', answer(account('a')));
	await runOnTerminal(['connect', 'a'], { fake });
	await runOnTerminal(['connect', 'a', '--no-wait'], { fake });
	await runOnTerminal(['connect', 'a', '--json'], { fake });
	await runOnTerminal(['connect', 'a', '-q'], { fake });
	assert.deepEqual(
		fake.requests.map((r) => r.headers.prefer),
		['wait=30', undefined, undefined, undefined],
	);
});

test('on a terminal a person sees progress, the code, a newer code in its place, and the end', async (t) => {
	const fake = await Fake.start(t),
		one = qr('2@one'),
		two = qr('2@two', 40);
	const scanning = (q) => account('a', { status: 'qr_scanning', qr: times(q) });

	fake.on('POST /v1/accounts/a/connect', answer(account('a', { status: 'connecting' })))
		.on('GET /v1/accounts/a', story([scanning(one), scanning(two), account('a')]))
		.on('GET /v1/accounts/a/qr', { json: one }, 1)
		.on('GET /v1/accounts/a/qr', { json: two });
	const { code, stdout } = await runOnTerminal(['connect', 'a'], { fake, rows: 50 });
	const drawn = codesIn(stdout).map((l) =>
		readCode(cutRim(modulesOfHalfBlocks(l, true)).code).toString(),
	);

	assert.equal(code, 0);
	assert.match(stdout, /a: connecting, 0 s of 30 \(Ctrl-C ends the waiting only\)/);
	assert.match(stdout, /a: qr_scanning, \d s of (299|30[01])/);
	assert.deepEqual(drawn, ['2@one', '2@two']);
	// 15 lines of a code of 21 modules, 1 of the caption: back up over both
	assert.match(stdout, /\x1b\[16A\x1b\[J/);
	assert.match(stdout, /a: connected\r\n$/);
});

test('while the daemon waits a terminal sees the seconds pass', async (t) => {
	const fake = await Fake.start(t);
	let reply;

	fake.on('POST /v1/accounts/a/connect', {
		hold: (send) => {
			reply = send;
		},
		...answer(account('a')),
	});
	const running = startOnTerminal(['connect', 'a'], { fake });

	await running.until(/a: waiting, 2 s of 30/);
	reply();
	assert.equal((await running.ended).code, 0);
});

test('add --connect on a terminal goes on as connect does', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts', {
		status: 201,
		json: account('acc_9', { status: 'connecting' }),
	}).on('POST /v1/accounts/acc_9/connect', answer(account('acc_9')));
	const result = await runOnTerminal(['add', '--provider', 'mock', '--connect'], { fake });

	assert.equal(result.code, 0);
	assert.deepEqual(fake.lines, ['POST /v1/accounts', 'POST /v1/accounts/acc_9/connect']);
	assert.equal(fake.requests[1].headers.prefer, 'wait=30');
});

test('add --connect elsewhere returns at once, and waits with --wait', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts', {
		status: 201,
		json: account('b', { status: 'connecting' }),
	}).on('POST /v1/accounts/b/connect', answer(account('b')));
	await run(['add', 'b', '--provider', 'mock', '--connect'], { fake });
	assert.equal(fake.requests.length, 1);
	await run(['add', 'b', '--provider', 'mock', '--connect', '--wait', '5'], { fake });
	assert.equal(fake.requests[2].headers.prefer, 'wait=5');
});

for (const [typed, code, asked] of [
	['y\n', 0, 1],
	['n\n', 1, 0],
	['\n', 1, 0],
]) {
	test(`delete asks on a terminal: ${JSON.stringify(typed)}`, async (t) => {
		const fake = await Fake.start(t);

		fake.on('DELETE /v1/accounts/a', { status: 204 });
		const running = startOnTerminal(['delete', 'a'], { fake });

		await running.until(/Delete account "a"\? .* \[y\/N\] /);
		running.child.stdin.write(typed);
		assert.equal((await running.ended).code, code);
		assert.equal(fake.requests.length, asked);
	});
}
