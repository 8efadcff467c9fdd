// What each command asks the daemon, and what it prints: for people, as JSON, as ids.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Fake, account, ago, ahead, key, secret } from './fake.mjs';
import { run } from './run.mjs';

const shop = account('shop-1');
const failed = account('shop-2', {
	status: 'failed',
	label: 'till 2',
	user_action: 'scan_qr',
	since: ago(7200),
	reason: { cause: 'logged_out', text: 'the phone said so' },
});
const waiting = account('shop-3', {
	status: 'reconnecting',
	since: ago(3600),
	next_attempt_at: ahead(5455),
});
const queued = account('shop-4', { status: 'connecting', since: ago(60), estimated_start_at: ahead(95) });
const entry = {
	seq: 41,
	type: 'account.status',
	time: '2025-11-16T10:00:00.000Z',
	account: 'shop-1',
	workspace: 'default',
	status: 'failed',
	cause: 'logged_out',
	user_action: 'scan_qr',
	generation: 3,
	text: 'the phone said so',
	data: { from: 'up', to: 'parked' },
};
const worker = {
	slot: 0,
	provider: 'mock',
	state: 'ready',
	plugin: 'mock',
	version: '1',
	pid: 4711,
	since: ago(3600),
	next_start_at: null,
	deaths: 2,
	accounts: 17,
	open_ops: 0,
	lag_ms: 3,
	rss_kib: 20480,
	sandbox: 'landlock 7, seccomp',
	last_death: 'killed by signal 9',
	instances: ['mock-1', 'mock-2'],
};

const instance = {
	id: 'mock-1',
	provider: 'mock',
	worker: 0,
	state: 'down',
	capacity: 500,
	accounts: 17,
	open: 12,
	starting: 0,
	queued: 5,
	queue_drained_in_ms: 200000,
	foreign_sessions: 1,
	list: { at: ago(3600), age_ms: 3600000, failures: 3, error: 'connect ECONNREFUSED' },
};

// asks: the one request.  people: what standard output holds without options; ids: what -q prints.
const cases = [
	{
		args: ['account', 'add', 'shop-1', '--provider', 'mock'],
		asks: 'POST /v1/accounts',
		body: { id: 'shop-1', provider: 'mock' },
		answer: { status: 201, json: account('shop-1', { status: 'new' }) },
		people: 'shop-1: new\n',
		ids: 'shop-1\n',
	},
	{
		args: [
			'account',
			'add',
			'--provider=mock',
			'--workspace',
			'acme',
			'--label',
			'till "1" é\\',
			'--metadata',
			'{"a":[1,{"b":null}]}',
			'--priority',
			'high',
			'--connect',
		],
		asks: 'POST /v1/accounts',
		body: {
			provider: 'mock',
			workspace: 'acme',
			label: 'till "1" é\\',
			metadata: { a: [1, { b: null }] },
			priority: 'high',
			connect: true,
		},
		answer: { status: 201, json: account('acc_7', { status: 'connecting' }) },
		people: 'acc_7: connecting\n',
		ids: 'acc_7\n',
	},
	{
		args: ['account', 'list'],
		asks: 'GET /v1/accounts?limit=100',
		answer: { json: { accounts: [shop, failed, waiting, queued], next_cursor: null } },
		people: [
			/^ID +STATUS +HEALTH +REASON +TO DO +SINCE +NEXT +BACKEND +WORKSPACE +LABEL$/m,
			/^shop-1  connected  +3h0\dm +mock-1 +default$/m,
			/^shop-2  failed +logged_out \(the phone said so\)  scan_qr  2h0\dm +mock-1 +default +till 2$/m,
			/^shop-3  reconnecting +1h0\dm  in 1h30m +mock-1/m,
			/^shop-4  connecting +1m\d\ds  ~in 1m\d\ds +mock-1/m,
		],
		ids: 'shop-1\nshop-2\nshop-3\nshop-4\n',
	},
	{
		args: [
			'account',
			'list',
			'--status',
			'failed',
			'--workspace',
			'a&b',
			'--provider',
			'mock',
			'--instance',
			'mock 1',
			'--limit',
			'7',
		],
		asks: 'GET /v1/accounts?workspace=a%26b&provider=mock&status=failed&instance=mock%201&limit=7',
		answer: { json: { accounts: [failed], next_cursor: null } },
		people: [/^shop-2 /m],
		ids: 'shop-2\n',
	},
	{
		args: ['account', 'show', 'shop-2'],
		asks: 'GET /v1/accounts/shop-2',
		answer: { json: failed },
		people: [
			/^id +shop-2$/m,
			/^status +failed$/m,
			/^reason\.cause +logged_out$/m,
			/^since +\S+Z \(2h0\dm ago\)$/m,
			/^metadata +\{\}$/m,
			/^phone +-$/m,
			/^generation +1$/m,
		],
		ids: 'shop-2\n',
	},
	{
		args: ['account', 'show', '../a/b?c#d%'],
		asks: 'GET /v1/accounts/..%2Fa%2Fb%3Fc%23d%25',
		answer: { json: shop },
		people: [/^id +shop-1$/m],
	},
	{
		args: ['account', 'show', '..'],
		asks: 'GET /v1/accounts/..',
		answer: { json: shop },
		people: [/^id +shop-1$/m],
	},
	{
		args: [
			'account',
			'set',
			'shop-1',
			'--label',
			'',
			'--priority',
			'low',
			'--metadata',
			'{}',
		],
		asks: 'PATCH /v1/accounts/shop-1',
		body: { label: '', priority: 'low', metadata: {} },
		answer: { json: shop },
		people: 'shop-1: connected\n',
		ids: 'shop-1\n',
	},
	{
		args: ['account', 'delete', 'shop-1', '--yes'],
		asks: 'DELETE /v1/accounts/shop-1',
		answer: { status: 204 },
		people: 'shop-1: deleted\n',
		ids: 'shop-1\n',
		json: '',
	},
	...['connect', 'reconnect'].map((verb) => ({
		args: ['account', verb, 'shop-1'],
		asks: `POST /v1/accounts/shop-1/${verb}`,
		answer: { status: 202, json: { account: waiting, qr: null } },
		people: [/^shop-3: reconnecting, next try in 1h30m\n$/],
		ids: 'shop-3\n',
	})),
	...[
		['connected', 'shop-1: is being disconnected\n'],
		['disconnected', 'shop-1: disconnected, phone 49170, by_request\n'],
	].map(([status, people]) => ({
		args: ['account', 'disconnect', 'shop-1'],
		asks: 'POST /v1/accounts/shop-1/disconnect',
		answer: {
			status: 202,
			json: {
				account: account('shop-1', { status, phone: '49170', reason: { cause: 'by_request', text: '' } }),
				qr: null,
			},
		},
		people,
		ids: 'shop-1\n',
	})),
	{
		args: ['account', 'qr', 'shop-1', '--raw'],
		asks: 'GET /v1/accounts/shop-1/qr',
		answer: {
			json: { code: '2@a,b\\c', expires_at: ahead(20), deadline_at: ahead(300) },
		},
		people: '2@a,b\\c\n',
	},
	{
		args: ['account', 'qr', 'shop-1', '--new', '--no-wait'],
		asks: 'POST /v1/accounts/shop-1/qr',
		answer: { status: 202, json: { account: waiting, qr: null } },
		people: [/^shop-3: reconnecting/],
	},
	{
		args: ['account', 'qr', 'shop-1', '--new', '--force', '--no-wait'],
		asks: 'POST /v1/accounts/shop-1/qr',
		body: { force: true },
		answer: { status: 202, json: { account: waiting, qr: null } },
		people: [/^shop-3: reconnecting/],
	},
	{
		args: ['account', 'check', 'shop-1'],
		asks: 'POST /v1/accounts/shop-1/check',
		answer: { json: { state: 'connected', cause: 'none', text: '' } },
		people: 'state  connected\ncause  none\ntext   -\n',
	},
	{
		args: ['account', 'send', 'shop-1', '--to', '+62 811', '--text', 'hi "you"'],
		asks: 'POST /v1/accounts/shop-1/messages',
		body: { to: '+62 811', text: 'hi "you"' },
		answer: { json: { message: { id: 'true_62@c.us_3EB0', timestamp: 1795339871 } } },
		people: 'shop-1: sent, id true_62@c.us_3EB0\n',
		ids: 'true_62@c.us_3EB0\n',
	},
	{
		args: ['account', 'send', 'shop-1', '--to', '62811', '--media-url', 'https://x/y.png'],
		asks: 'POST /v1/accounts/shop-1/messages',
		body: { to: '62811', media_url: 'https://x/y.png' },
		answer: { json: { message: { id: null, timestamp: null } } },
		people: 'shop-1: sent\n',
	},
	{
		args: ['account', 'verb', 'shop-1', 'drop', '{"cause": "logged_out"}'],
		asks: 'POST /v1/accounts/shop-1/verbs/drop',
		body: { cause: 'logged_out' },
		answer: { json: { result: { dropped: true, n: [1, 2] } } },
		people: '{\n  "dropped": true,\n  "n": [\n    1,\n    2\n  ]\n}\n',
	},
	{
		args: ['account', 'verb', 'shop-1', 'scan'],
		asks: 'POST /v1/accounts/shop-1/verbs/scan',
		body: {},
		answer: { json: { result: null } },
		people: 'null\n',
	},
	{
		args: ['account', 'timeline', 'shop-1'],
		asks: 'GET /v1/accounts/shop-1/timeline?limit=50',
		answer: { json: { entries: [entry], next_before: null } },
		people: [
			/^SEQ +TIME +TYPE +STATUS +CAUSE +DETAILS$/m,
			new RegExp(
				'^ 41  2025-11-16T10:00:00.000Z  account.status  failed  logged_out  ' +
					'user_action=scan_qr generation=3 text="the phone said so" from=up to=parked$',
				'm',
			),
		],
	},
	{
		args: ['timeline', 'shop-1', '--limit', '1'],
		asks: 'GET /v1/accounts/shop-1/timeline?limit=1',
		answer: {
			json: { entries: [{ ...entry, says: 'The phone unlinked it.' }], next_before: null },
		},
		people: /logged_out  The phone unlinked it\. user_action=scan_qr generation=3 /,
		ids: '41\n',
	},
	{
		args: ['account', 'attempts', 'shop-1'],
		asks: 'GET /v1/accounts/shop-1/attempts?limit=20',
		answer: {
			json: {
				attempts: [
					{
						generation: 2, session_id: 's2', profile: 'p1', current_login: true,
						begun: { at: '2025-11-16T10:00:00.000Z', by: 'retry' }, connected_at: null,
						ended: null, says: 'Begun by Relink.',
					},
					{
						generation: 1, session_id: 's1', profile: 'p1', current_login: false,
						begun: { at: '2025-11-16T09:00:00.000Z', by: 'person' }, connected_at: null,
						ended: { at: '2025-11-16T09:59:58.000Z', cause: 'gone' }, says: 'Begun by a person.',
					},
				],
				next_before: null,
			},
		},
		people: [
			/^GEN +BEGUN +BY +PROFILE +CONNECTED +ENDED +CAUSE +SESSION +WHY$/m,
			/^ +2  2025-11-16T10:00:00.000Z  retry +\*p1 .* s2 +Begun by Relink\.$/m,
			/^ +1  2025-11-16T09:00:00.000Z  person +p1 .* 2025-11-16T09:59:58.000Z  gone +s1 +Begun by a person\.$/m,
		],
		ids: 's2\ns1\n',
	},
	{
		args: ['explain', 'shop-2'],
		asks: 'GET /v1/accounts/shop-2',
		answer: { json: { ...failed, incident_id: 7, explanation: {
			why: 'It waits for a person.', next: 'Nothing happens.', do: 'Scan the \u001b[31mcode.' } } },
		people: [
			/^shop-2: failed, logged_out \(the phone said so\); to do: scan_qr\nWhy     It waits for a person\.\n/,
			/^Next    Nothing happens\.\nDo      Scan the \\x1b\[31mcode\.\n        relinkctl connect shop-2$/m,
			/^Part of one of many: relinkctl incident show 7$/m,
		],
	},
	{
		args: ['policy'],
		asks: 'GET /v1/policy',
		answer: {
			json: {
				providers: [
					{
						provider: 'mock',
						causes: [
							{
								cause: 'gone', then: 'retry', attempts: 10, user_action: 'check_provider',
								default: 'retry', allowed: ['retry', 'hold'], set_by: null,
							},
							{
								cause: 'banned', then: 'slow', attempts: null, user_action: 'unblock',
								default: 'hold', allowed: ['slow', 'park', 'hold'], set_by: 'policy.causes',
							},
						],
					},
				],
			},
		},
		people: [
			/^PROVIDER +CAUSE +THEN +ATTEMPTS +THEN DO +DEFAULT +MAY BE +SET BY$/m,
			/^mock +gone +retry +10  check_provider +retry +retry hold *$/m,
			/^mock +banned +slow +unblock +hold +slow park hold +policy\.causes$/m,
		],
	},
	{
		args: ['key', 'add', '--role', 'operator', '--workspace', 'acme', '--expires', '90d'],
		asks: 'POST /v1/keys',
		body: { role: 'operator', workspace: 'acme', expires_in: 7776000 },
		answer: { status: 201, json: { key: secret, ...key } },
		people: `${secret}\n`,
		ids: `${secret}\n`,
	},
	{
		args: ['key', 'list'],
		asks: 'GET /v1/keys',
		answer: { json: { keys: [key] } },
		people: /^ID +ROLE +WORKSPACE +LABEL +MADE +USED +ENDS\n0a1b2c3d +operator +acme +shop +2h\d\dm +in \S+\n$/,
		ids: '0a1b2c3d\n',
	},
	{
		args: ['key', 'revoke', '0a1b2c3d'],
		asks: 'DELETE /v1/keys/0a1b2c3d',
		answer: { status: 204 },
		people: '0a1b2c3d: revoked\n',
		json: '',
		ids: '0a1b2c3d\n',
	},
	{
		args: ['health-summary'],
		asks: 'GET /v1/health/summary',
		answer: { json: {
			accounts: 3, scored: 2, average: 85,
			bands: { excellent: 1, good: 1, warning: 0, critical: 0, failed: 0 },
			providers: [
				{ provider: 'mock', accounts: 2, statuses: { connected: 1, qr_pending: 0, waiting: 1 } },
				{ provider: null, accounts: 1, statuses: { connected: 0, held: 1 } },
			],
			worst: [{
				id: 'shop-2', workspace: 'default', status: 'connected', user_action: 'none',
				health: { score: 70, band: 'good', confidence: 80, since: ago(60), components: [
					{ name: 'failed_sends', points: -30, text: 'x' }, { name: 'old_evidence', points: 0, text: 'y' },
				] },
			}],
		} },
		people: [
			/^accounts  3, of them 2 with a score\naverage   85\nexcellent 1  50%\ngood      1  50%\nwarning   0\n/,
			/^1 without a score wait for a person or are not wanted: relinkctl watch$/m,
			/^PROVIDER +ACCOUNTS +CONNECTED +OTHERS$/m,
			/^mock +2 +1 +waiting 1$/m,
			/^\(not configured\) +1 +0 +held 1$/m,
			/^ID +HEALTH +SURE +STATUS +WHY$/m,
			/^shop-2 +70 +80% +connected +failed_sends -30, old_evidence 0$/m,
		],
		ids: 'shop-2\n',
	},
	{
		args: ['worker', 'list'],
		asks: 'GET /v1/workers',
		answer: { json: { workers: [worker] } },
		people: [
			/^SLOT +PROVIDER +STATE +PID +SINCE +NEXT +DEATHS +ACCOUNTS +LAG +RSS +SANDBOX +INSTANCES +LAST DEATH$/m,
			/^ +0 +mock +ready +4711 +1h0\dm +2 +17 +3ms +20M +landlock 7, seccomp +mock-1,mock-2 +killed by signal 9$/m,
		],
		ids: '0\n',
	},
	{
		args: ['worker', 'deaths', '3', '--limit', '7'],
		asks: 'GET /v1/workers/3/deaths?limit=7',
		answer: {
			json: {
				deaths: [
					{
						at: '2025-11-16T10:00:00.000Z',
						slot: 3,
						kind: 'died',
						how: 'killed by signal 11',
						pid: 4711,
						ran_ms: 65000,
						was_ready: true,
						accounts: 17,
						open_ops: 2,
						report: 'SIGSEGV\n#0 \u001b[31mplugin',
						last_lines: 'one\ntwo\n',
					},
				],
			},
		},
		people: [
			/^WHEN +KIND +PID +RAN +READY +ACCOUNTS +OPEN +HOW$/m,
			/^2025-11-16T10:00:00Z +died +4711 +1m05s +yes +17 +2 +killed by signal 11$/m,
			/^The report of the newest:\n  SIGSEGV\n  #0 [^\x1b]*\[31mplugin\n\nWhat it printed last:\n  one\n  two\n$/m,
		],
	},
	{
		args: ['instance', 'list'],
		asks: 'GET /v1/instances',
		answer: { json: { instances: [instance] } },
		people: [
			/^INSTANCE +PROVIDER +STATE +ACCOUNTS +OPEN +STARTING +QUEUED +QUEUE ENDS +CAPACITY +FOREIGN +LISTED +FAILURES +LAST ERROR$/m,
			/^mock-1 +mock +down +17 +12 +0 +5 +~3m20s +500 +1 +1h0\dm +3 +connect ECONNREFUSED$/m,
		],
		ids: 'mock-1\n',
	},
	{
		args: ['instance', 'show', 'mock-1'],
		asks: 'GET /v1/instances/mock-1',
		answer: { json: instance },
		people: [/^state +down$/m, /^capacity +500$/m],
		ids: 'mock-1\n',
	},
	{
		args: ['instance', 'drain', 'mock-1'],
		asks: 'POST /v1/instances/mock-1/drain',
		answer: { status: 202, json: { instance: { ...instance, state: 'draining' } } },
		people: 'mock-1 is draining: 12 sessions\n',
		ids: 'mock-1\n',
	},
	{
		args: ['instance', 'resume', 'mock-1'],
		asks: 'POST /v1/instances/mock-1/resume',
		answer: { json: { instance: { ...instance, state: 'up', open: 0 } } },
		people: 'mock-1 is up\n',
		ids: 'mock-1\n',
	},
];

async function ask(t, c, extra) {
	const fake = await Fake.start(t);
	const result = await run([...c.args, ...extra], { fake: fake.on(c.asks, c.answer) });

	assert.equal(result.stderr, '');
	assert.equal(result.code, 0);
	return { result, request: fake.request };
}

for (const c of cases) {
	const name = c.args.join(' ');

	test(`${name}: asks and tells`, async (t) => {
		const { result, request } = await ask(t, c, []);

		assert.equal(`${request.method} ${request.url}`, c.asks);
		assert.deepEqual(
			request.body === '' ? undefined : JSON.parse(request.body),
			c.body,
		);
		assert.equal(
			request.headers['content-type'],
			c.body ? 'application/json' : undefined,
		);
		assert.equal(request.headers.authorization, undefined);
		assert.equal(request.headers.prefer, undefined);
		if (request.method === 'GET')
			assert.equal(request.headers['idempotency-key'], undefined);
		else assert.match(request.headers['idempotency-key'], /^[0-9a-f]{32}$/);
		for (const people of [c.people].flat()) {
			if (typeof people === 'string') assert.equal(result.stdout, people);
			else assert.match(result.stdout, people);
		}
	});

	test(`${name} --json: prints the answer as it came`, async (t) => {
		const text = c.answer.json && ` ${JSON.stringify(c.answer.json)} `;
		const { result } = await ask(t, { ...c, answer: { ...c.answer, text } }, [
			'--json',
		]);

		assert.equal(result.stdout, c.json ?? `${text}\n`);
	});

	if (c.ids) {
		test(`${name} -q: prints ids only`, async (t) => {
			assert.equal((await ask(t, c, ['-q'])).result.stdout, c.ids);
		});
	}
}

test('the word "account" may be left out, and options may stand anywhere', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts/shop-1', { json: shop });
	for (const args of [
		['show', 'shop-1'],
		['--json', 'show', 'shop-1'],
		['account', '--json', 'show', 'shop-1'],
		['show', '--', 'shop-1'],
	]) {
		const result = await run(args, { fake });

		assert.equal(result.code, 0, args.join(' '));
		assert.match(result.stdout, /shop-1/);
	}
	assert.equal(fake.requests.length, 4);
});

test('every change has an Idempotency-Key of its own', async (t) => {
	const fake = await Fake.start(t);

	fake.on('POST /v1/accounts/a/connect', { status: 202, json: { account: shop, qr: null } });
	for (let i = 0; i < 3; i++) await run(['connect', 'a'], { fake });
	assert.equal(new Set(fake.requests.map((r) => r.headers['idempotency-key'])).size, 3);
});

test('delete without a terminal and without --yes asks nobody and deletes nothing', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['delete', 'shop-1'], { fake });

	assert.equal(result.code, 2);
	assert.match(result.stderr, /--yes/);
	assert.equal(fake.requests.length, 0);
});

test('status: a daemon that is ready', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /healthz', { json: { status: 'ok' } })
		.on('GET /readyz', { json: { status: 'ready' } })
		.on('GET /v1/accounts', {
			json: { accounts: [shop, failed, waiting, shop], next_cursor: null },
		})
		.on('GET /v1/workers', {
			json: { workers: [worker, { ...worker, state: 'cooling' }] },
		});
	const result = await run(['status'], { fake });

	assert.equal(result.code, 0);
	assert.equal(
		result.stdout,
		`relinkd   runs at ${fake.socket}\nready     yes\n` +
			'holds     4 accounts: 1 failed, 1 reconnecting, 2 connected\n          2 workers: 1 ready\n',
	);
	const json = await run(['status', '--json'], { fake });

	assert.deepEqual(JSON.parse(json.stdout), { runs: { status: 'ok' }, ready: { status: 'ready' } });
	assert.equal((await run(['status', '-q'], { fake })).stdout, '');
});

test('status: a daemon that is not ready says what is missing, exit code 1', async (t) => {
	const fake = await Fake.start(t);
	const detail = 'No worker is ready. Look at GET /v1/workers.';

	fake.on('GET /healthz', { json: { status: 'ok' } })
		.on('GET /readyz', {
			status: 503,
			json: { status: 503, code: 'not_ready', detail },
		})
		.on('GET /v1/accounts', { json: { accounts: [], next_cursor: null } })
		.on('GET /v1/workers', { json: { workers: [] } });
	const result = await run(['status'], { fake });

	assert.equal(result.code, 1);
	assert.match(result.stdout, /^ready     no, not_ready: No worker is ready\./m);
	assert.match(result.stdout, /^holds     0 accounts$/m);
});

test('send: a file goes in base64 with its name and type, a text from standard input', async (t) => {
	const fake = await Fake.start(t);
	const bytes = Buffer.from([0, 1, 2, 253, 254, 255, 10]);

	fake.on('POST /v1/accounts/a/messages', { json: { message: { id: 'm', timestamp: 1 } } });
	for (const n of [5, 6, 7]) {
		const path = join(fake.folder, 'Bill.PDF');
		writeFileSync(path, bytes.subarray(0, n));
		const r = await run(['send', 'a', '--to', '1', '--file', path, '--text', '-'], {
			fake, input: 'see\nthis',
		});
		assert.deepEqual([r.code, r.stderr], [0, '']);
		assert.deepEqual(JSON.parse(fake.requests.at(-1).body), {
			to: '1', text: 'see\nthis',
			media: { mimetype: 'application/pdf', data: bytes.subarray(0, n).toString('base64'), filename: 'Bill.PDF' },
		});
	}
	assert.ok(fake.requests[0].headers['idempotency-key']);
});

test('send: what cannot be sent is said before anything is asked', async (t) => {
	const fake = await Fake.start(t);
	const large = join(fake.folder, 'large.bin');

	const fits = join(fake.folder, 'fits.bin');

	writeFileSync(large, Buffer.alloc(741 * 1024));
	writeFileSync(fits, Buffer.alloc(740 * 1024));
	for (const [args, code, said] of [
		[['--to', '1'], 2, /give --text, --file or --media-url/],
		[['--text', 'x'], 2, /send needs --to NUMBER/],
		[['--to', '1', '--file', 'a', '--media-url', 'http://x'], 2, /give one of them/],
		[['--to', '1', '--file', large], 1, /more than 740 KiB.*--media-url/],
		[['--to', '1', '--file', '/nowhere/x'], 1, /No such file/],
		[['--to', '1', '--file', fits, '--text', '-'], 1, /more than 1000 KiB as JSON.*--media-url/],
	]) {
		const r = await run(['send', 'a', ...args], { fake, input: 'x'.repeat(65536) });
		assert.equal(r.code, code, r.stderr);
		assert.match(r.stderr, said);
	}
	assert.equal(fake.requests.length, 0);
	fake.on('POST /v1/accounts/a/messages', { json: { message: { id: 'm', timestamp: 1 } } });
	const both = await run(['send', 'a', '--to', '1', '--file', fits, '--text', 'x'.repeat(1000)], { fake });
	assert.equal(both.code, 0, both.stderr);
	const verb = await run(['verb', 'a', 'x', JSON.stringify({ x: 'x'.repeat(66000) })], { fake });
	assert.match(verb.stderr, /what is to be sent is larger than 64 KiB/);
});
