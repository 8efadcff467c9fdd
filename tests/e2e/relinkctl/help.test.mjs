// Help teaches: at every level, for every command, and as it was last read by a person.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { pooled } from '../lib/daemon.mjs';
import { run } from './run.mjs';

const golden = new URL('help.golden.txt', import.meta.url);
const outside = { env: { RELINK_SOCKET: '/nowhere' } }; // help needs no daemon

async function help(...args) {
	const { code, stdout, stderr } = await run([...args, '--help'], outside);

	assert.deepEqual([code, stderr], [0, ''], args.join(' '));
	return stdout;
}

const nouns = ['worker', 'alert', 'incident', 'instance', 'bulk', 'key', 'webhook'];

// The commands that a help text lists: [noun, name].
const listed = (text, nouns) =>
	[...text.matchAll(/^ {2}([a-z-]+)(?: ([a-z]+))?(?: [[A-Z].*?)? {2,}\S/gm)].map(([, a, b]) =>
		nouns.includes(a) ? [a, b] : [a],
	);

test('each command that is listed explains itself, with examples that are of it', async () => {
	const commands = listed((await help()).split('Options of every')[0], nouns);

	assert.ok(commands.length >= 17, String(commands));
	await pooled(commands, 4, async (words) => {
		const text = await help(...words),
			examples = text.split('\nExamples:\n')[1].trim().split('\n');

		assert.match(
			text,
			new RegExp(`^Usage: relinkctl (account )?${words.join(' ')}\\b`),
		);
		assert.ok(
			examples.some((e) => e.includes(`relinkctl ${words.join(' ')}`)),
			`${words}: ${examples}`,
		);
		assert.ok(
			text.split('\n').every((l) => l.length <= 90),
			`${words} has a long line`,
		);
	});
});

test('"help X", "X --help", "X -h" and "account X --help" are the same', async () => {
	const text = await help('connect');

	for (const args of [
		['help', 'connect'],
		['connect', '-h'],
		['account', 'connect', '--help'],
		['help', 'account', 'connect'],
		['connect', 'some-id', '--help'],
	])
		assert.equal((await run(args, outside)).stdout, text, args.join(' '));
	assert.equal((await run(['help'], outside)).stdout, await help());
});

test('every exit code is explained', async () => {
	const text = await help();

	for (const code of [0, 1, 2, 3, 4])
		assert.match(text, new RegExp(`^ {2}${code} {2}\\S`, 'm'));
});

test('the version is there', async () => {
	const command = await run(['version'], outside),
		option = await run(['--version'], outside);

	assert.equal(command.code, 0);
	assert.match(command.stdout, /^relinkctl \d+\.\d+\.\d+\n$/);
	assert.deepEqual(option, command);
});

// RELINK_UPDATE=1 writes it anew; then read it.
test('the whole help is as it was last read', async () => {
	const commands = listed((await help()).split('Options of every')[0], nouns);
	const parts = [[], ...['account', ...nouns].map((n) => [n]), ...commands];
	let text = '';

	const texts = new Map();
	await pooled(parts, 4, async (words) => texts.set(words, await help(...words)));
	for (const words of parts) text += `$ ${['relinkctl', ...words, '--help'].join(' ')}\n${texts.get(words)}\n`;
	if (process.env.RELINK_UPDATE) writeFileSync(golden, text);
	assert.equal(text, readFileSync(golden, 'utf8'));
});
