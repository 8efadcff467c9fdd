// What goes wrong: exit codes, sentences with a remedy, and changes that are carried out once.
import assert from 'node:assert/strict';
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { Fake, account, problem } from './fake.mjs';
import { binary, run, runInShell } from './run.mjs';

function folder(t) {
	const path = mkdtempSync(join(tmpdir(), 'relinkctl-'));

	t.after(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

// --- the command line ---

const wrong = [
	[[], /^relinkctl - look after/],
	[['account'], /Usage: relinkctl account COMMAND/],
	[['conect', 'x'], /there is no command "conect" \(did you mean connect\?\); see relinkctl --help/],
	[['account', 'fly'], /there is no command "account fly"; see relinkctl account --help/],
	[['account', 'lst'], /there is no command "account lst" \(did you mean account list\?\); see/],
	[['instnces'], /did you mean instances\?/],
	[['list', '--stauts', 'x'], /there is no option "--stauts" \(did you mean --status\?\)/],
	[['list', '--color', 'red'], /--color must be one of auto always never, not "red"/],
	[['api', 'FLY', '/'], /METHOD must be GET, POST, PUT, PATCH or DELETE/],
	[['api', 'GET', 'v1/accounts'], /PATH must begin with \//],
	[['api', 'GET', '/v1/a b'], /PATH must begin with \//],
	[['api', 'GET', '/v1/accounts', '{}'], /a GET has no body/],
	[['api', 'GET', '/v1/events?after=1'], /use relinkctl events/],
	[['completion', 'tcsh'], /SHELL is bash, zsh or fish/],
	[['worker', 'show'], /there is no command "worker show"/],
	[['show'], /show needs ID\nUsage: relinkctl account show ID \[options\]/],
	[['verb', 'a'], /verb needs VERB/],
	[['show', 'a', 'b'], /"b" is one word too many/],
	[['show', ''], /ID is empty/],
	[['add', 'x'], /add needs --provider NAME/],
	[['add', 'x', '--provider'], /--provider needs a value: --provider NAME/],
	[['show', 'a', '--limit', '3'], /show has no option --limit/],
	[['show', 'a', '--lim'], /there is no option "--lim"/],
	[['show', 'a', '--json=yes'], /--json takes no value/],
	[['show', 'a', '-x'], /there is no option "-x"/],
	[['list', '--limit', '0'], /--limit must be a whole number from 1 to 1000000, not "0"/],
	[['list', '--limit', '1e3'], /--limit must be/],
	[['list', '--limit', '3', '--all'], /--limit and --all: give one of them/],
	[['connect', 'a', '--wait', '121'], /--wait must be a whole number from 1 to 120/],
	[['connect', 'a', '--wait', '5', '--no-wait'], /--wait and --no-wait: give one of them/],
	[
		['add', '--provider', 'm', '--metadata', '{"a":'],
		/--metadata: this is not JSON: .* at byte 5/,
	],
	[['add', '--provider', 'm', '--metadata', '[1]'], /--metadata: this must be a JSON object/],
	[
		['add', '--provider', 'm', '--metadata', '{"a":1,"a":2}'],
		/--metadata: this is not JSON: duplicate/,
	],
	[['verb', 'a', 'scan', 'true'], /this must be a JSON object/],
	[['set', 'a'], /give at least one of --label, --metadata and --priority/],
	[['qr', 'a', '--force'], /--force goes with --new/],
	[['delete', 'a'], /add --yes/],
	[['show', 'a', '--key', 'geheim'], /there is no option "--key"/],
	[
		['show', 'a', '--url', 'http://x', '--socket', 'y'],
		/--url and --socket: give one of them/,
	],
	[['show', 'a', '--url', 'ftp://x'], /must look like http:/],
	[['show', 'a', '--url', 'http://u:p@x'], /without user, path or query/],
	[['show', 'a', '--url', 'http://x/v1'], /without user, path or query/],
	[['show', 'a', '--socket', 'y', '--key-file', 'z'], /--key-file goes with --url/],
	[['show', 'a', '--socket', 's'.repeat(200)], /1 to 107 bytes, this one has 200/],
	[
		['show', 'a', '--url', 'http://127.0.0.1:1', '--key-file', '/nowhere/key'],
		/cannot read the key file "\/nowhere\/key": No such file/,
	],
];

for (const [args, message] of wrong) {
	test(`wrong use: relinkctl ${args.join(' ').slice(0, 60)}`, async (t) => {
		const fake = await Fake.start(t);
		const result = await run(args, { fake });

		assert.equal(result.code, 2);
		assert.equal(result.stdout, '');
		assert.match(result.stderr, message);
		assert.equal(fake.requests.length, 0);
	});
}

test('a key that stands on the command line is not printed again', async () => {
	const { stderr } = await run(['show', 'a', '--key', 'geheim']);

	assert.doesNotMatch(stderr, /geheim/);
});

test('an option that is not UTF-8 is refused', async (t) => {
	const fake = await Fake.start(t);
	const result = await runInShell(`exec "$0" set a --label "$(printf '\\377')"`, { fake });

	assert.equal(result.code, 2);
	assert.match(result.stderr, /the value of --label is not UTF-8/);
	assert.equal(fake.requests.length, 0);
});

// --- the daemon refuses ---

const refused = [
	[404, 'account_not_found', 'There is no account "x". List them with GET /v1/accounts.', ' (relinkctl list)'],
	[400, 'invalid_field', '"id" has 70 bytes, at most 64.'],
	[409, 'account_exists', 'There is an account "x" already.'],
	[409, 'login_would_be_lost', 'The account is logged in. Add {"force":true}.'],
	[422, 'idempotency_key_reused', 'Another request had this key.'],
	[503, 'overloaded', 'Too many changes wait. Try again in a second.'],
	[507, 'disk_full', 'The disk is full. Make room.'],
];

for (const [status, code, detail, remedy = ''] of refused) {
	test(`refused with ${status} ${code}: exit code 1, code and detail on standard error`, async (t) => {
		const fake = await Fake.start(t);
		const result = await run(['reconnect', 'x', '--json'], {
			fake: fake.on(
				'POST /v1/accounts/x/reconnect',
				problem(status, code, detail),
			),
		});

		assert.deepEqual(
			[result.code, result.stdout, result.stderr],
			[1, '', `relinkctl: ${code}: ${detail}${remedy}\n`],
		);
	});
}

test('a detail with control bytes is shown as text', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts/x', problem(404, 'account_not_found', 'no "\x1b[2J"'));
	assert.equal(
		(await run(['show', 'x'], { fake })).stderr,
		'relinkctl: account_not_found: no "\\x1b[2J" (relinkctl list)\n',
	);
});

test("an answer that is not the API's is told apart", async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts/a', { text: '<html>' })
		.on('GET /v1/accounts/b', { status: 502, text: '<html>' })
		.on('GET /v1/accounts/c', {
			status: 301,
			headers: { location: 'http://127.0.0.1:1/' },
		});
	for (const [id, message] of [
		['a', /something that is not JSON/],
		['b', /answered 502 without saying why/],
		['c', /answered 301 without saying why/],
	]) {
		const result = await run(['show', id], { fake });

		assert.equal(result.code, 1);
		assert.match(result.stderr, message);
		assert.match(result.stderr, /is it relinkd's address\?/);
	}
});

// --- the key ---

test('over --url the key comes from a file or the environment, in this order', async (t) => {
	const fake = await Fake.start(t, { tcp: true });
	const dir = folder(t),
		one = join(dir, 'one'),
		two = join(dir, 'two');

	writeFileSync(one, 'key-one\n');
	writeFileSync(two, 'key-two');
	fake.on('GET /v1/accounts/a', { json: account('a') });
	const all = { RELINK_KEY_FILE: two, RELINK_KEY: 'key-three' };

	for (const [args, env, key] of [
		[['--key-file', one], all, 'key-one'],
		[[], all, 'key-two'],
		[[], { RELINK_KEY: 'key-three' }, 'key-three'],
		[[], {}, undefined],
	]) {
		const result = await run(['show', 'a', ...args], { fake, env });

		assert.equal(result.code, 0, result.stderr);
		assert.equal(fake.requests.at(-1).headers.authorization, key && `Bearer ${key}`);
	}
});

test('on the socket no key is sent', async (t) => {
	const fake = await Fake.start(t);

	await run(['show', 'a'], {
		fake: fake.on('GET /v1/accounts/a', { json: account('a') }),
		env: { RELINK_KEY: 'k' },
	});
	assert.equal(fake.request.headers.authorization, undefined);
});

for (const [name, text] of [
	['empty', '\n'],
	['two lines', 'a\nb\n'],
	['too long', 'k'.repeat(600)],
	['not ASCII', 'é'],
]) {
	test(`a key file that is ${name} is refused before anything is sent`, async (t) => {
		const fake = await Fake.start(t, { tcp: true });
		const file = join(folder(t), 'key');

		writeFileSync(file, text);
		const result = await run(['list', '--key-file', file], { fake });

		assert.equal(result.code, 2);
		assert.match(result.stderr, /holds no API key/);
		assert.equal(fake.requests.length, 0);
	});
}

test('401 says what to do, for each way to the daemon', async (t) => {
	const socket = await Fake.start(t),
		tcp = await Fake.start(t, { tcp: true });
	const answer = problem(401, 'unauthorized', 'A key is needed.');

	socket.on('GET /v1/accounts', answer);
	tcp.on('GET /v1/accounts', answer);
	for (const [fake, env, remedy] of [
		[socket, {}, /Run relinkctl as root or as the user that runs relinkd/],
		[tcp, {}, /Give it with --key-file FILE or RELINK_KEY_FILE/],
		[
			tcp,
			{ RELINK_KEY: 'k' },
			/It came from --key-file, RELINK_KEY_FILE or RELINK_KEY/,
		],
	]) {
		const result = await run(['list'], { fake, env });

		assert.equal(result.code, 1);
		assert.match(result.stderr, /^relinkctl: unauthorized: A key is needed\. /);
		assert.match(result.stderr, remedy);
	}
});

// --- where the daemon is ---

test('the first that is named counts: option, environment, ./var, none', async (t) => {
	const dir = folder(t);
	const fakes = {
		option: await Fake.start(t),
		environment: await Fake.start(t),
		var: await Fake.start(t),
	};
	const seen = () => Object.keys(fakes).filter((k) => fakes[k].requests.splice(0).length > 0);

	for (const fake of Object.values(fakes))
		fake.on('GET /v1/accounts/a', { json: account('a') });
	mkdirSync(join(dir, 'var'));
	symlinkSync(fakes.var.socket, join(dir, 'var', 'relink.sock'));
	const env = { RELINK_SOCKET: fakes.environment.socket };

	await run(['show', 'a', '--socket', fakes.option.socket], { env, cwd: dir });
	assert.deepEqual(seen(), ['option']);
	await run(['show', 'a'], { env, cwd: dir });
	assert.deepEqual(seen(), ['environment']);
	await run(['show', 'a'], { cwd: dir });
	assert.deepEqual(seen(), ['var']);
});

test('no proxy of the environment gets between', async (t) => {
	const fake = await Fake.start(t, { tcp: true });

	fake.on('GET /v1/accounts/a', { json: account('a') });
	const env = { http_proxy: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' };

	assert.equal((await run(['show', 'a'], { fake, env })).code, 0);
});

test('unreachable: exit code 3, and what to do', async (t) => {
	const dir = folder(t),
		gone = await Fake.start(t, { tcp: true }),
		plain = join(dir, 'file');
	const left = join(dir, 'left.sock'),
		owner = net.createServer();
	const stranger = net.createServer((c) => c.end('SSH-2.0-x\r\n'));

	writeFileSync(plain, '');
	// What a killed daemon leaves behind: a socket without an owner, which close() does not find.
	await new Promise((done) => owner.listen(join(dir, 'owner.sock'), done));
	renameSync(join(dir, 'owner.sock'), left);
	await new Promise((done) => owner.close(done));
	await gone.close();
	await new Promise((done) => stranger.listen(0, '127.0.0.1', done));
	t.after(() => stranger.close());

	const cases = [
		[
			['--socket', join(dir, 'none.sock')],
			/there is no socket ".*none\.sock": is relinkd running\? Start it with tools\/run, or name its /,
		],
		[
			['--socket', left],
			/nobody listens on the socket ".*left\.sock": relinkd has ended/,
		],
		[['--socket', plain], /file" is not a socket: name relinkd's with --socket/],
		[
			['--url', gone.url],
			/cannot connect to http:.*: Connection refused; is relinkd running/,
		],
		[['--url', `http://127.0.0.1:${stranger.address().port}`], /does not speak HTTP/],
	];

	for (const [where, message] of cases) {
		for (const command of [
			['list'],
			['events'],
			['watch'],
			['status'],
			['connect', 'a'],
		]) {
			const result = await run([...command, ...where], { cwd: dir });

			assert.equal(result.code, 3, `${command} ${where}: ${result.stderr}`);
			assert.equal(result.stdout, '');
			assert.match(result.stderr, message);
		}
	}
});

test('unreachable: no socket at the usual places', async (t) => {
	const result = await run(['list'], { cwd: folder(t) });

	assert.equal(result.code, 3);
	assert.match(
		result.stderr,
		/there is no socket at \.\/var\/relink\.sock, \/run\/relink\/relink\.sock or /,
	);
});

test(
	'unreachable: a socket that this user may not use',
	{ skip: process.getuid() !== 0 && 'needs root to change user' },
	async (t) => {
		const fake = await Fake.start(t);

		chmodSync(fake.folder, 0o755);
		chmodSync(fake.socket, 0o600);
		const result = await runInShell(
			`exec setpriv --reuid 65534 --clear-groups "$0" list`,
			{ fake },
		);

		if (result.code === 126 || result.code === 127)
			return t.skip(`user 65534 may not run ${binary}`);
		assert.equal(result.code, 3);
		assert.match(
			result.stderr,
			/you may not use the socket ".*": run relinkctl as root or as the user that runs relinkd/,
		);
	},
);

// --- the connection breaks ---

const done = { status: 202, json: { account: account('a'), qr: null } };

for (const [name, first] of [
	['before the answer', { lost: true }],
	['in the middle of it', { ...done, missing: 10 }],
]) {
	test(`a connection that breaks ${name}: sent once more with the same key`, async (t) => {
		const fake = await Fake.start(t);

		fake.on('POST /v1/accounts/a/connect', first, 1).on(
			'POST /v1/accounts/a/connect',
			done,
		);
		const result = await run(['connect', 'a'], { fake });

		assert.equal(result.code, 0, result.stderr);
		assert.equal(result.stdout, 'a: connected\n');
		assert.equal(fake.requests.length, 2);
		assert.equal(
			fake.requests[0].headers['idempotency-key'],
			fake.requests[1].headers['idempotency-key'],
		);
	});
}

// The daemon answers within its own deadline, of which it says at most 10 min.
test('a check, a verb and a message have the patience that the daemon has', {
	skip: !process.env.RELINK_LONG && 'takes half a minute: RELINK_LONG=1',
}, async (t) => {
	const fake = await Fake.start(t);
	const late = { ...problem(502, 'provider_error', 'No answer in time.') };

	late.hold = (send) => setTimeout(send, 31000);
	const all = [['check', 'a'], ['verb', 'a', 'x'], ['send', 'a', '--to', '1', '--text', 'x']];
	const results = await Promise.all(
		all.map((args) => {
			const path = { check: 'check', verb: 'verbs/x', send: 'messages' }[args[0]];

			fake.on(`POST /v1/accounts/a/${path}`, late);
			return run(args, { fake, seconds: 60 });
		}),
	);

	for (const r of results)
		assert.deepEqual(
			[r.code, r.stderr],
			[1, 'relinkctl: provider_error: No answer in time.\n'],
		);
});

test('the first sending is still under way: its answer is waited for', async (t) => {
	const fake = await Fake.start(t),
		line = 'POST /v1/accounts/a/connect';

	fake.on(line, { lost: true }, 1)
		.on(line, problem(409, 'idempotency_in_progress', 'It is under way.'), 2)
		.on(line, done);
	const result = await run(['connect', 'a'], { fake });

	assert.equal(result.code, 0, result.stderr);
	assert.equal(fake.requests.length, 4);
	assert.equal(new Set(fake.requests.map((r) => r.headers['idempotency-key'])).size, 1);
});

test('a connection that breaks twice: exit code 3, and the outcome is called unknown', async (t) => {
	const fake = await Fake.start(t);
	const result = await run(['connect', 'a'], {
		fake: fake.on('POST /v1/accounts/a/connect', { lost: true }),
	});

	assert.equal(result.code, 3);
	assert.match(
		result.stderr,
		/the daemon may or may not have done it: look before you try again/,
	);
	assert.equal(fake.requests.length, 2);
});

test('a read that breaks is read once more, and nothing is called unknown', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v1/accounts/a', { lost: true });
	const result = await run(['show', 'a'], { fake });

	assert.equal(result.code, 3);
	assert.doesNotMatch(result.stderr, /may or may not/);
	assert.equal(fake.requests.length, 2);
});
