// Lists: pages, widths, colours, and text that would do something to a terminal.
import assert from 'node:assert/strict';
import test from 'node:test';
import { Fake, account } from './fake.mjs';
import { run, runInShell, runOnTerminal } from './run.mjs';

const one = (list) => ({ json: { accounts: list, next_cursor: null } });

// `total` accounts, as many a page as were asked for; the cursor is the next account's number.
function paged(total) {
	return ({ url }) => {
		const query = new URL(url, 'http://x').searchParams;
		const from = Number(query.get('cursor') ?? 0),
			to = Math.min(from + Number(query.get('limit')), total);
		const accounts = Array.from({ length: to - from }, (_, i) =>
			account(`acc-${from + i}`),
		);

		return { json: { accounts, next_cursor: to < total ? String(to) : null } };
	};
}

test('list --all follows the cursor through 12,345 accounts', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list', '--all', '-q'], {
		fake: fake.on('GET /v1/accounts', paged(12345)),
	});
	const ids = result.stdout.trim().split('\n');

	assert.equal(ids.length, 12345);
	assert.equal(new Set(ids).size, 12345);
	assert.equal(fake.requests.length, 13);
	assert.equal(fake.requests[12].url, '/v1/accounts?limit=1000&cursor=12000');
});

test('list --all: one head, and columns that line up over the pages', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list', '--all'], {
		fake: fake.on('GET /v1/accounts', paged(2500)),
	});
	const lines = result.stdout.trim().split('\n');

	assert.equal(lines.length, 2501);
	assert.equal(lines.filter((l) => l.startsWith('ID ')).length, 1);
	const columns = lines.slice(2001).map((l) => l.indexOf('connected'));
	assert.equal(new Set(columns).size, 1);
});

test('list --limit 1500 takes 1000 and 500, and says that there are more', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list', '--limit', '1500'], {
		fake: fake.on('GET /v1/accounts', paged(2000)),
	});

	assert.deepEqual(
		fake.requests.map((r) => r.url),
		['/v1/accounts?limit=1000', '/v1/accounts?limit=500&cursor=1000'],
	);
	assert.equal(result.stdout.trim().split('\n').length, 1501);
	assert.match(result.stderr, /first 1500; see more with --limit N or --all/);
	const ids = await run(['list', '-q', '--limit', '3'], { fake });
	assert.equal(ids.stdout, 'acc-0\nacc-1\nacc-2\n');
	assert.match(ids.stderr, /first 3; see more/); // who pipes them on should know
});

test('list --json --all: one document of all pages', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list', '--json', '--all'], {
		fake: fake.on('GET /v1/accounts', paged(1500)),
	});
	const { accounts, next_cursor } = JSON.parse(result.stdout);

	assert.deepEqual(
		accounts.map((a) => a.id),
		Array.from({ length: 1500 }, (_, i) => `acc-${i}`),
	);
	assert.deepEqual(accounts[1499], account('acc-1499', { created_at: accounts[1499].created_at,
		since: accounts[1499].since, connected_since: accounts[1499].connected_since }));
	assert.deepEqual([next_cursor, result.stderr], [null, '']);

	const some = await run(['list', '--json', '--limit', '1200'], { fake });
	assert.equal(JSON.parse(some.stdout).next_cursor, '1200');
	assert.equal(JSON.parse(some.stdout).accounts.length, 1200);
});

test('a cursor that does not move on ends the list', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts', { json: { accounts: [account('a')], next_cursor: '7' } });
	assert.equal((await run(['list', '--all', '-q'], { fake })).stdout, 'a\na\n');
});

test('an empty list says so to people and prints nothing', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list'], { fake: fake.on('GET /v1/accounts', one([])) });

	assert.deepEqual(
		[result.code, result.stdout, result.stderr],
		[0, '', 'relinkctl: no accounts\n'],
	);
});

test('timeline --limit 1200 goes on where the page ended', async (t) => {
	const fake = await Fake.start(t);
	const entry = (seq) => ({ seq, type: 'account.step', time: '2025-11-16T10:00:00.000Z' });

	fake.on('GET /v1/accounts/a/timeline?limit=1000', {
		json: {
			entries: Array.from({ length: 1000 }, (_, i) => entry(5000 - i)),
			next_before: 4001,
		},
	}).on('GET /v1/accounts/a/timeline?limit=200&before=4001', {
		json: { entries: [entry(4000)], next_before: null },
	});
	const result = await run(['timeline', 'a', '--limit', '1200'], { fake });

	assert.equal(result.code, 0);
	assert.equal(result.stdout.trim().split('\n').length, 1002);
	assert.match(result.stdout, /^4000 /m);
});

// What other people write must stay text.
const hostile = [
	['escape', '\x1b[31mred\x1b]0;title\x07', '\\x1b[31mred\\x1b]0;title\\x07'],
	['line ends', 'a\r\nb\tc', 'a\\r\\nb\\tc'],
	['C1 control', 'a\u009b31mb', 'a\\u{9b}31mb'],
	['direction', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
	['NUL and DEL', 'a\u0000b\u007fc', 'a\\x00b\\x7fc'],
	['other scripts', 'João 中文', 'João 中文'],
];

for (const [name, text, shown] of hostile) {
	test(`tables make harmless: ${name}`, async (t) => {
		const fake = await Fake.start(t);
		const a = account('a', { label: text, reason: { cause: 'unknown', text } });

		fake.on('GET /v1/accounts', one([a]))
			.on('GET /v1/accounts/a', { json: a })
			.on('POST /v1/accounts/a/connect', {
				status: 202,
				json: { account: a, qr: null },
			});
		for (const args of [['list'], ['show', 'a'], ['connect', 'a']]) {
			const { stdout } = await run(args, { fake });

			assert.ok(stdout.includes(shown), `${args}: ${JSON.stringify(stdout)}`);
			assert.doesNotMatch(stdout, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066]/);
		}
	});
}

test('without a UTF-8 locale everything beyond ASCII is escaped', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list'], {
		fake: fake.on('GET /v1/accounts', one([account('a', { label: 'é中' })])),
		env: { LANG: 'C' },
	});

	assert.match(result.stdout, /\\u\{e9\}\\u\{4e2d\}/);
	assert.doesNotMatch(result.stdout, /[^\x00-\x7f]/);
});

test('a locale that is not installed is UTF-8 if its name says so', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['list'], {
		fake: fake.on('GET /v1/accounts', one([account('a', { label: 'é' })])),
		env: { LANG: 'xx_XX.UTF-8' },
	});

	assert.match(result.stdout, /é/);
});

const wide = account('a-rather-long-identifier', {
	status: 'failed',
	reason: { cause: 'provider_down', text: 'x'.repeat(200) },
	label: '中'.repeat(60),
});

const plain = (text) => text.replaceAll(/\x1b\[[0-9;]*m/g, '');
const width = (line) => [...line].reduce((n, c) => n + (c >= '\u4e00' && c <= '\u9fff' ? 2 : 1), 0);

for (const columns of [30, 60, 80, 100, 140]) {
	test(`on a terminal of ${columns} columns no line is longer`, async (t) => {
		const fake = await Fake.start(t);
		const result = await runOnTerminal(['list'], {
			fake: fake.on('GET /v1/accounts', one([wide])),
			columns,
		});
		const lines = plain(result.stdout).trimEnd().split('\r\n');

		assert.equal(lines.length, 2);
		assert.ok(
			lines.every((l) => width(l) <= columns),
			lines.join('\n'),
		);
		assert.match(lines[1], columns === 30 ? /^a-rather.*…/ : /^a-rather-long-identifier  failed/);
		assert.match(lines[1], /…/);
		if (columns < 140) assert.doesNotMatch(lines[0], /NEXT|TO DO/, 'an empty column');
	});
}

test('COLUMNS bounds a table that is piped; --color=always colours it, never more than that', async (t) => {
	const fake = await Fake.start(t);
	const { stdout } = await run(['list', '--color=always'], {
		fake: fake.on('GET /v1/accounts', one([wide])), env: { COLUMNS: '60' },
	});

	assert.match(stdout, /\x1b\[31mfailed\x1b\[0m/);
	assert.ok(plain(stdout).trimEnd().split('\n').every((l) => width(l) <= 60), stdout);
	const never = await runOnTerminal(['list', '--color', 'never'], { fake });
	assert.doesNotMatch(never.stdout, /\x1b/);
});

test('a later page that needs other columns has a head of its own', async (t) => {
	const fake = await Fake.start(t);
	const page = (list, next) => ({ json: { accounts: list, next_cursor: next } });

	fake.on('GET /v1/accounts?limit=1000', page([account('a')], '1'))
		.on('GET /v1/accounts?limit=1000&cursor=1', page([{ ...wide, id: 'b' }], null));
	const { stdout } = await run(['list', '--all'], { fake, env: { COLUMNS: '60' } });
	const lines = stdout.trimEnd().split('\n');

	assert.equal(lines.length, 4, stdout);
	assert.doesNotMatch(lines[0], /REASON/);
	assert.match(lines[2], /REASON/);
	assert.equal(lines[2].indexOf('REASON'), lines[3].indexOf('provider'));
});

test('elsewhere nothing is cut and nothing is coloured', async (t) => {
	const fake = await Fake.start(t);
	const { stdout } = await run(['list'], { fake: fake.on('GET /v1/accounts', one([wide])) });

	assert.ok(stdout.includes('x'.repeat(200)) && stdout.includes('中'.repeat(60)));
	assert.ok(!stdout.includes('\x1b'));
});

for (const [name, env, coloured] of [
	['on a terminal', {}, true],
	['with NO_COLOR', { NO_COLOR: '1' }, false],
	['with an empty NO_COLOR', { NO_COLOR: '' }, true],
	['on a dumb terminal', { TERM: 'dumb' }, false],
]) {
	test(`colour ${name}: ${coloured}`, async (t) => {
		const fake = await Fake.start(t);
		const { stdout } = await runOnTerminal(['list'], {
			fake: fake.on('GET /v1/accounts', one([wide])),
			env,
		});

		assert.equal(stdout.includes('\x1b[31mfailed\x1b[0m'), coloured);
	});
}

test('output that cannot be written is a failure', async (t) => {
	const fake = await Fake.start(t);
	const result = await runInShell('exec "$0" list >/dev/full', {
		fake: fake.on('GET /v1/accounts', paged(10)),
	});

	assert.equal(result.code, 1);
	assert.match(result.stderr, /the output could not be written/);
});
