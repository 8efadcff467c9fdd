// key add: where the new key goes, and what becomes of it when something goes wrong.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Fake, key, secret } from './fake.mjs';
import { run } from './run.mjs';

test('key add --out: the key goes into a new file of its owner, and nowhere else', async (t) => {
	const fake = await Fake.start(t);
	const file = path.join(fake.folder, 'shop.key');
	const add = () => run(['key', 'add', '--role', 'operator', '--out', file], { fake });

	fake.on('POST /v1/keys', { status: 201, json: { key: secret, ...key } });
	const first = await add();
	assert.deepEqual([first.code, first.stdout], [0, '']);
	assert.ok(!first.stderr.includes(secret));
	assert.equal(readFileSync(file, 'utf8'), `${secret}\n`);
	assert.equal(statSync(file).mode & 0o7777, 0o600);
	const again = await add();
	assert.equal(again.code, 1);
	assert.match(again.stderr, /there is a file ".*shop\.key" already; no key was made/);
	assert.equal(fake.requests.length, 1);
});

test('key add: a key that was lost with its answer is to be revoked', async (t) => {
	const fake = await Fake.start(t);
	const file = path.join(fake.folder, 'shop.key');

	fake.on('POST /v1/keys', { lost: true }, 1).on('POST /v1/keys', {
		status: 409,
		json: { status: 409, code: 'answer_not_kept', detail: 'It was made.' },
	});
	const { code, stderr } = await run(['key', 'add', '--role', 'viewer', '--out', file], { fake });
	assert.equal(code, 1);
	assert.match(stderr, /answer_not_kept: It was made\.\n.*key list, revoke it with relinkctl key revoke ID/);
	assert.ok(!existsSync(file));
});

test('key add --out: a refusal leaves no file behind', async (t) => {
	const fake = await Fake.start(t);
	const file = path.join(fake.folder, 'shop.key');

	fake.on('POST /v1/keys', { status: 403, json: { status: 403, code: 'forbidden', detail: 'No.' } });
	const { code } = await run(['key', 'add', '--role', 'viewer', '--out', file], { fake });
	assert.equal(code, 1);
	assert.ok(!existsSync(file));
});

for (const [words, said] of [
	[['--expires', 'soon'], /--expires must be a time like 90d/],
	[['--expires', '0d'], /--expires must be/],
	[['--expires', '-1d'], /--expires must be/],
	[['--out', 'x', '--json'], /choose one/],
])
	test(`key add ${words.join(' ')}: is refused`, async (t) => {
		const fake = await Fake.start(t);
		const { code, stderr } = await run(['key', 'add', '--role', 'viewer', ...words], { fake });

		assert.equal(code, 2);
		assert.match(stderr, said);
		assert.equal(fake.requests.length, 0);
	});
