// QR codes: what is drawn is read back, in every way of drawing.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { Fake, account, ahead, problem } from './fake.mjs';
import {
	cutRim,
	modulesOfAscii,
	modulesOfColours,
	modulesOfHalfBlocks,
	readCode,
} from './qr-read.mjs';
import { run, runOnTerminal } from './run.mjs';

const whatsapp = `2@${'Qk9/+xYz'.repeat(20)},${'AbC1'.repeat(11)}=,${'dEf2'.repeat(11)}=,${'gHi3'.repeat(11)}=,1`;
const texts = { short: '2@abc', whatsapp, large: 'x1'.repeat(600) };

async function fakeWith(t, code) {
	const fake = await Fake.start(t);

	return fake.on('GET /v1/accounts/a/qr', {
		json: { code, expires_at: ahead(20), deadline_at: ahead(300) },
	});
}

// The drawing without the caption.
function drawing(stdout) {
	const lines = stdout.trimEnd().split(/\r?\n/),
		caption = lines.pop();

	assert.match(caption, /^a: scan it in WhatsApp, under Linked devices; it expires in \d+s$/);
	return lines;
}

function assertReads(rows, text, rimWidth = 4) {
	const { code, rim } = cutRim(rows);

	assert.equal(readCode(code).toString(), text);
	assert.ok(
		rim.every((r) => r === rimWidth || r === rimWidth + 1),
		`rim ${rim}`,
	);
}

for (const [name, text] of Object.entries(texts)) {
	test(`${name}: into a file or pipe, light ink for a dark background`, async (t) => {
		const { stdout, code } = await run(['qr', 'a'], { fake: await fakeWith(t, text) });

		assert.equal(code, 0);
		assertReads(modulesOfHalfBlocks(drawing(stdout), false), text);
		assert.doesNotMatch(stdout, /\x1b/);
	});

	test(`${name}: --invert, dark ink for a light background`, async (t) => {
		const { stdout } = await run(['qr', 'a', '--invert'], {
			fake: await fakeWith(t, text),
		});

		assertReads(modulesOfHalfBlocks(drawing(stdout), true), text);
	});

	test(`${name}: without UTF-8, two characters a module`, async (t) => {
		const { stdout } = await run(['qr', 'a'], {
			fake: await fakeWith(t, text),
			env: { LANG: 'C' },
		});

		assertReads(modulesOfAscii(drawing(stdout), false), text);
	});

	test(`${name}: on a terminal, black on white whatever its theme`, async (t) => {
		const { stdout } = await runOnTerminal(['qr', 'a'], {
			fake: await fakeWith(t, text),
			columns: 140,
			rows: 90,
		});
		const lines = drawing(stdout);

		assertReads(modulesOfHalfBlocks(lines, true), text);
		assert.ok(
			lines.every(
				(l) =>
					l.startsWith('\x1b[38;5;16;48;5;231m') &&
					l.endsWith('\x1b[0m'),
			),
		);
	});

	test(`${name}: on a terminal without UTF-8, coloured blanks`, async (t) => {
		const { stdout } = await runOnTerminal(['qr', 'a'], {
			fake: await fakeWith(t, text),
			columns: 300,
			rows: 200,
			env: { LANG: 'C' },
		});

		assertReads(modulesOfColours(drawing(stdout)), text);
	});
}

test('the drawing is the one that was looked at', async (t) => {
	const golden = new URL('qr.golden.txt', import.meta.url);
	const { stdout } = await run(['qr', 'a'], {
		fake: await fakeWith(t, 'https://example.org/relink'),
	});
	const lines = `${drawing(stdout).join('\n')}\n`;

	if (process.env.RELINK_UPDATE) writeFileSync(golden, lines);
	assert.equal(lines, readFileSync(golden, 'utf8'));
});

test('bytes beyond ASCII come through', async (t) => {
	const { stdout } = await run(['qr', 'a'], { fake: await fakeWith(t, 'é中') });

	assertReads(modulesOfHalfBlocks(drawing(stdout), false), 'é中');
});

// 29 modules and the rim: 37 columns at best, 31 at least
for (const [columns, rim] of [
	[37, 4],
	[36, 3],
	[33, 2],
	[31, 1],
]) {
	test(`a terminal of ${columns} columns leaves a rim of ${rim}`, async (t) => {
		const text = 'y'.repeat(50);
		const { stdout, code } = await runOnTerminal(['qr', 'a'], {
			fake: await fakeWith(t, text),
			columns,
		});
		const lines = stdout.split('\r\n').filter((l) => l.startsWith('\x1b[38'));

		assert.equal(code, 0);
		assertReads(modulesOfHalfBlocks(lines, true), text, rim);
	});
}

test('a terminal that is too narrow gets a sentence, not a broken code', async (t) => {
	const result = await runOnTerminal(['qr', 'a'], {
		fake: await fakeWith(t, 'y'.repeat(50)),
		columns: 30,
	});

	assert.equal(result.code, 1);
	assert.match(
		result.stdout.replaceAll('\r\n', ''),
		/needs 31 columns and this terminal has 30: widen it, or use --raw/,
	);
	assert.doesNotMatch(result.stdout, /[▀▄█]/);
});

test('a text that no code can hold is refused', async (t) => {
	const result = await run(['qr', 'a'], { fake: await fakeWith(t, 'z'.repeat(3000)) });

	assert.equal(result.code, 1);
	assert.match(result.stderr, /it has 3000 bytes, a code holds 1 to 2953/);
});

test('--raw prints the bytes, and on a terminal only harmless ones', async (t) => {
	const code = '2@a\x1b[2J\u0000é';

	assert.equal(
		(await run(['qr', 'a', '--raw'], { fake: await fakeWith(t, code) })).stdout,
		`${code}\n`,
	);
	assert.equal(
		(await runOnTerminal(['qr', 'a', '--raw'], { fake: await fakeWith(t, code) }))
			.stdout,
		'2@a\\x1b[2J\\x00é\r\n',
	);
});

// --- asking for one ---

const none = problem(404, 'no_qr', 'The account "a" shows no QR code.');

test('no code: exit code 1; after waiting for one: 4', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts/a/qr', none);
	const now = await run(['qr', 'a'], { fake }),
		later = await run(['qr', 'a', '--wait', '3'], { fake });

	assert.deepEqual([now.code, later.code], [1, 4]);
	for (const r of [now, later])
		assert.match(r.stderr, /no_qr: The account "a" shows no QR code\./);
	assert.deepEqual(
		fake.requests.map((r) => r.headers.prefer),
		[undefined, 'wait=3'],
	);
});

test('--wait asks the daemon to wait', async (t) => {
	const fake = await fakeWith(t, '2@abc');

	assert.equal((await run(['qr', 'a', '--wait', '45'], { fake })).code, 0);
	assert.equal(fake.request.headers.prefer, 'wait=45');
});

test('--new waits 30 s by itself and draws what comes', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/qr', {
		json: {
			account: account('a', { status: 'qr_scanning' }),
			qr: { code: '2@new', expires_at: ahead(20), deadline_at: ahead(300) },
		},
	});
	const { stdout, code } = await run(['qr', 'a', '--new'], { fake });

	assert.equal(code, 0);
	assertReads(modulesOfHalfBlocks(drawing(stdout), false), '2@new');
	assert.equal(fake.request.headers.prefer, 'wait=30');
	assert.equal(fake.request.body, '');
});

test('--new without a code in time: exit code 4, and how to go on', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/qr', {
		json: { account: account('a', { status: 'connecting' }), qr: null },
	});
	const result = await run(['qr', 'a', '--new', '--wait', '7'], { fake });

	assert.equal(result.code, 4);
	assert.match(result.stderr, /no code in 7 s; the daemon goes on: relinkctl qr a --wait 30/);
});

test('--new where a living login would be lost: exit code 1', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/qr', problem(409, 'login_would_be_lost', 'It is logged in.'));
	const result = await run(['qr', 'a', '--new'], { fake });

	assert.equal(result.code, 1);
	assert.match(result.stderr, /login_would_be_lost: It is logged in\./);
	assert.match(result.stderr, /to give it up: relinkctl qr a --new --force/);
});

test('--link prints a link, whole where the address is known', async (t) => {
	const answer = { status: 201, json: { url: '/qr/abc', expires_at: ahead(900) } };
	const fake = await Fake.start(t),
		tcp = await Fake.start(t, { tcp: true });

	fake.on('POST /v1/accounts/a/qr-link', answer);
	tcp.on('POST /v1/accounts/a/qr-link', answer);
	assert.equal((await run(['qr', 'a', '--link'], { fake })).stdout, '/qr/abc\n');
	assert.equal(fake.request.body, '{}');
	const { stdout } = await run(['qr', 'a', '--link', '--expires', '1h'], {
		fake: tcp,
		env: { RELINK_KEY: 'k' },
	});

	assert.equal(stdout, `${tcp.url}/qr/abc\n`);
	assert.equal(tcp.request.body, '{"expires_in":3600}');
	for (const words of [
		['--link', '--expires', 'soon'],
		['--expires', '1h'],
	])
		assert.equal((await run(['qr', 'a', ...words], { fake })).code, 2);
});
