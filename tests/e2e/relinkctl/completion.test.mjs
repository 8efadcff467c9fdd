// Completion: what may stand at the end of a line, and each shell that is here asked for it as by Tab.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { bin, folder, pooled } from '../lib/daemon.mjs';
import { Fake, account, key } from './fake.mjs';
import { binary, run } from './run.mjs';

const exec = promisify(execFile);

async function daemon(t) {
	const fake = await Fake.start(t);

	return fake
		.on('GET /v1/accounts', ({ url }) => {
			const later = url.includes('cursor=');

			return { json: {
				accounts: (later ? ['shop-3'] : ['shop-1', 'shop-2', 'demo-1', 'x;rm', '$(x)']).map((id) =>
					account(id, { label: 'Till\t"1"\n' })),
				next_cursor: later ? null : '1',
			} };
		})
		.on('GET /v1/instances', { json: { instances: [
			{ id: 'mock-1', provider: 'mock', state: 'up' }, { id: 'mock-2', provider: 'mock', state: 'up' },
		] } })
		.on('GET /v1/keys', { json: { keys: [key] } })
		.on('GET /v1/workers', { json: { workers: [{ slot: 0, state: 'ready' }, { slot: 1, state: 'ready' }] } })
		.on('GET /v1/incidents', { json: { incidents: [{ id: 3, state: 'calm' }] } });
}

const words = (stdout) => stdout.split('\n').filter(Boolean).map((l) => l.split('\t')[0]);

// The line as words, the last to be completed; what is offered (all of it, or among others).
const lines = [
	[['con'], ['connect']],
	[['account', 'disc'], ['disconnect']],
	[['wor'], ['worker', 'workers']],
	[['worker', ''], ['list', 'deaths']],
	[['help', 'instance', 'dr'], ['drain']],
	[['show', 'shop-'], ['shop-1', 'shop-2', 'shop-3']],
	[['account', 'show', 'd'], ['demo-1']],
	[['--json', 'show', ''], ['shop-1', 'shop-2', 'demo-1', 'shop-3']],
	[['show', 'shop-1', ''], []],
	[['add', 's'], []],
	[['instance', 'drain', ''], ['mock-1', 'mock-2']],
	[['key', 'revoke', ''], ['0a1b2c3d']],
	[['worker', 'deaths', ''], ['0', '1']],
	[['deaths', ''], ['0', '1']],
	[['incident', 'show', ''], ['3']],
	[['list', '--status', 'c'], ['connecting', 'connected']],
	[['list', '--status=c'], ['--status=connecting', '--status=connected']],
	[['list', '--status', '=', 'c'], ['connecting', 'connected']],
	[['list', '--status', '='], ['new']],
	[['list', '--status', 'new', '--prov'], ['--provider']],
	[['list', '--provider', ''], ['mock']],
	[['list', '--instance', 'mock-2'], ['mock-2']],
	[['key', 'add', '--role', ''], ['viewer', 'operator', 'admin']],
	[['set', 'a', '--priority', 'h'], ['high']],
	[['list', '--color', 'al'], ['always']],
	[['show', '--l'], []],
	[['send', 'a', '--file', ''], [':files']],
	[['list', '--limit', ''], []],
	[['show', '--', '-'], []],
	[['completion', ''], ['bash', 'zsh', 'fish']],
	[['api', 'P'], ['POST', 'PUT', 'PATCH']],
	[['fly', ''], []],
];

test('each place of a line gets what may stand there', async (t) => {
	const fake = await daemon(t);

	await pooled(lines, 4, async ([line, offered]) => {
		const result = await run(['__complete', ...line], { fake });
		const got = words(result.stdout);

		assert.deepEqual([result.code, result.stderr], [0, ''], line.join(' '));
		if (line.at(-1) === '=') assert.ok(offered.every((w) => got.includes(w)), String(got));
		else assert.deepEqual(got, offered, line.join(' '));
	});
});

test('an option that was given tells which daemon', async (t) => {
	const fake = await daemon(t);
	const { stdout } = await run(['__complete', '--socket', fake.socket, 'show', 'shop-1']);

	assert.match(stdout, /^shop-1\tconnected Till\\t"1"\\n\n$/);
});

test('a daemon that is away, refuses or does not answer: nothing, without a word, and soon', async (t) => {
	const silent = await Fake.start(t), refusing = await Fake.start(t);

	silent.on('GET /v1/accounts', { json: {}, hold: () => {} });
	for (const how of [{ fake: silent }, { fake: refusing }, { env: { RELINK_SOCKET: '/nowhere' } }, {}]) {
		const began = Date.now();
		const result = await run(['__complete', 'show', ''], { ...how, cwd: folder() });

		assert.deepEqual([result.code, result.stdout, result.stderr], [0, '', '']);
		assert.ok(Date.now() - began < 5000);
	}
});

// --- the shells themselves ---

// The shell's words for a line of which Tab is pressed at the end; undefined: there is no such shell here.
const shells = {
	bash: (line) => ['-c', `
		eval "$(relinkctl completion bash)"
		COMP_WORDS=(${line.map((w) => `'${w}'`).join(' ')}); COMP_CWORD=${line.length - 1}
		_relinkctl relinkctl; printf '%s\\n' "\${COMPREPLY[@]}"`],
	zsh: (line) => ['-f', '-c', `
		compdef() { : }; _files() { print -r -- FILES }
		_describe() { local i; for i in $items; do print -r -- "\${i%%:*}"; done }
		eval "$(relinkctl completion zsh)"
		words=(${line.map((w) => `'${w}'`).join(' ')}); CURRENT=${line.length}
		_relinkctl`],
	fish: (line) => ['--no-config', '-c', `
		relinkctl completion fish | source
		complete -C '${line.join(' ')}'`],
};

for (const [shell, script] of Object.entries(shells)) {
	test(`${shell} completes a command, an id of the daemon, and a value`, async (t) => {
		const fake = await daemon(t), home = join(fake.folder, 'home');
		const env = { PATH: `${bin}:${process.env.PATH}`, LANG: 'C.UTF-8', HOME: home, RELINK_SOCKET: fake.socket };
		const ask = async (...line) => words((await exec(shell, script(['relinkctl', ...line]), { env })).stdout);

		mkdirSync(home);
		t.after(() => rmSync(home, { recursive: true, force: true }));
		try {
			assert.deepEqual(await ask('disc'), ['disconnect']);
		} catch (e) {
			if (e.code !== 'ENOENT') throw e;
			t.skip(`there is no ${shell} here`);
			return;
		}
		assert.deepEqual((await ask('show', 'shop-')).sort(), ['shop-1', 'shop-2', 'shop-3']);
		assert.deepEqual((await ask('list', '--status', 'fai')).sort(), ['failed']);
		const said = await exec(shell, ['-n', '-c', (await exec(binary, ['completion', shell])).stdout], { env });
		assert.equal(said.stderr, '');
	});
}
