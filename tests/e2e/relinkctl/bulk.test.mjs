// Work on many accounts: how they are selected, what is asked, and the progress of it.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Fake } from './fake.mjs';
import { run, startOnTerminal } from './run.mjs';

const job = (members) => ({
	id: 'bulk_1', action: 'connect', state: 'running', total: 4, done: 0, failed: 0, skipped: 0, left: 4, eta_s: 4,
	rate_per_minute: 60, created_at: '2025-11-16T10:00:00.000Z', waits: null, last_error: null, ...members,
});
const plan = {
	total: 2, need_scan: 1, takes_s: 2, rate_per_minute: 60,
	accounts: ['a', 'b'].map((id) => ({ id, workspace: 'default', status: 'failed', cause: 'gone' })),
};

async function daemon(t) {
	const fake = await Fake.start(t);

	return fake.on('POST /v1/bulk', ({ body }) =>
		JSON.parse(body).dry_run ? { json: plan } : { status: 202, json: job({}) });
}

const bodies = (fake) => fake.requests.map((r) => JSON.parse(r.body));

test('ids come from a file or from standard input, each once', async (t) => {
	const fake = await daemon(t), file = join(fake.folder, 'ids');

	writeFileSync(file, 'a b\r\n\na,c\n');
	const stdin = await run(['bulk', 'connect', '--ids', '-', '--yes'], { fake, input: 'a\nb\n\nc\na\n' });
	const named = await run(['bulk', 'connect', '--ids', file, '--yes', '-q'], { fake });

	assert.deepEqual([stdin.code, stdin.stdout, named.code, named.stdout], [0, 'bulk_1\n', 0, 'bulk_1\n']);
	for (const body of bodies(fake)) assert.deepEqual(body.selector.ids.sort(), ['a', 'b', 'c']);
	assert.equal(fake.requests.length, 4);
});

test('what options select is sent; --dry-run does nothing and lists', async (t) => {
	const fake = await daemon(t);
	const args = ['bulk', 'reconnect', '--workspace', 'acme', '--label-prefix', 'Shop', '--cause', 'gone', '--rate', '9', '--dry-run'];
	const people = await run(args, { fake });
	const ids = await run([...args, '-q'], { fake });
	const json = await run([...args, '--json'], { fake });

	assert.deepEqual(bodies(fake)[0], {
		action: 'reconnect', selector: { workspace: 'acme', cause: 'gone', label_prefix: 'Shop' }, rate_per_minute: 9,
		dry_run: true,
	});
	assert.ok(bodies(fake).every((b) => b.dry_run));
	assert.match(people.stdout, /^ID +WORKSPACE +STATUS +CAUSE\na +default +failed +gone\nb /);
	assert.match(people.stderr, /reconnect: 2 accounts, at 60 a minute, takes at least 2s\n.*1 of them have no login/);
	assert.equal(ids.stdout, 'a\nb\n');
	assert.deepEqual(JSON.parse(json.stdout), plan);
});

test('what cannot be done is said before anything is', async (t) => {
	const fake = await daemon(t);
	const many = Array.from({ length: 1001 }, (_, i) => `a${i}`).join('\n');

	for (const [args, input, code, said] of [
		[[], '', 2, /bulk connect: which accounts\? Give --workspace, .* or --everything/],
		[['--ids', '-'], many, 2, /more than 1000 ids: give them in parts/],
		[['--ids', '-', '--yes'], '\n \n', 1, /there is no id in "-"; nothing was done/],
		[['--ids', '/nowhere/x'], '', 1, /cannot read the ids in "\/nowhere\/x": No such file/],
		[['--ids', '-'], 'a', 2, /nobody can be asked here; add --yes/],
	]) {
		const result = await run(['bulk', 'connect', ...args], { fake, input });

		assert.deepEqual([result.code, result.stdout], [code, '']);
		assert.match(result.stderr, said);
	}
	assert.ok(bodies(fake).every((b) => b.dry_run));
});

test('on a terminal a bar grows, in the width there is, and the end is told', async (t) => {
	const fake = await daemon(t);
	const states = [
		job({ done: 1, waits: 'for \u001b[31ma turn' }), job({ done: 2, failed: 1 }),
		job({ done: 3, failed: 1, state: 'done', last_error: 'b: no' }),
	];

	fake.on('GET /v1/bulk/bulk_1', () => ({ json: states.length > 1 ? states.shift() : states[0] }));
	const ctl = startOnTerminal(['bulk', 'connect', '--everything', '--yes'], { fake, columns: 60 });
	const { code, stdout } = await ctl.ended;
	const bars = [...stdout.matchAll(/\r([█░]+) +(\d+)% {2}([^\r]*)\x1b\[K/g)];

	assert.equal(code, 1, 'one failed');
	assert.deepEqual(bars.map(([, bar, percent]) => [bar.replaceAll('░', '').length, percent]),
		[[5, '25'], [15, '75'], [20, '100']]);
	assert.ok(bars.every(([line]) => [...line.replace('\x1b[K', '')].length <= 60), JSON.stringify(bars));
	assert.match(bars[0][3], /^1 of 4, 0 failed, 4s left; waits/);
	assert.doesNotMatch(stdout, /\x1b\[31ma turn/);
	assert.match(stdout, /bulk_1 is done: 3 done, 1 failed, 0 skipped/);
});

test('Ctrl-C ends the looking, on a line of its own', async (t) => {
	const fake = await daemon(t);

	fake.on('GET /v1/bulk/bulk_1', { json: job({ done: 1 }) });
	const ctl = startOnTerminal(['bulk', 'connect', '--everything', '--yes'], { fake, input: undefined });
	await ctl.until(/25%/);
	ctl.child.stdin.write('\x03');
	const { stdout } = await ctl.ended;

	assert.match(stdout, /Ctrl-C stops looking, relinkctl bulk cancel bulk_1 stops it/);
	assert.match(stdout, /\n$/);
	assert.doesNotMatch(fake.lines.join('\n'), /DELETE/);
});

test('a daemon that goes away does not end the job: that is said', async (t) => {
	const fake = await daemon(t);

	fake.on('GET /v1/bulk/bulk_1', () => ({ lost: true }));
	const { code, stdout } = await startOnTerminal(['bulk', 'connect', '--everything', '--yes'], { fake }).ended;

	assert.equal(code, 3);
	assert.match(stdout, /the job goes on when relinkd does: relinkctl bulk show bulk_1/);
});
