// Manual pages: they have every command, option and key, and are clean for mandoc and groff.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { bin, folder } from '../lib/daemon.mjs';
import { run } from './run.mjs';

const root = new URL('../../../', import.meta.url);
const outside = { env: { RELINK_SOCKET: '/nowhere' } };
const exec = promisify(execFile);
const text = (page) => page.replaceAll('\\-', '-').replaceAll('\\&', '').replaceAll(/\\f[BIR]/g, '');

const relinkctl = async () => (await run(['man'], outside)).stdout;
const yaml = async () => (await exec(join(bin, 'conf-full'), ['man'])).stdout;
const relinkd = () =>
	readFileSync(new URL('etc/man/relinkd.8.in', root), 'utf8').replace('@PROJECT_VERSION@', '0');

test('relinkctl(1) has each command, each option and each exit code', async () => {
	const page = text(await relinkctl()), help = (await run(['--help'], outside)).stdout;
	const tables = ['commands.c', 'own_commands.c'].map((f) =>
		readFileSync(new URL(`tools/relinkctl/${f}`, root), 'utf8')).join('');
	const entries = [...tables.matchAll(/(?:\.noun = "(\w+)",\s+)?\.name = "([\w-]+)"/g)];
	const options = [...readFileSync(new URL('tools/relinkctl/options.h', root), 'utf8').matchAll(
		/^\tO\(\w+, \S+, "([\w-]+)"/gm)];

	assert.ok(entries.length > 30 && options.length > 30);
	for (const [, noun, name] of entries)
		assert.match(page, new RegExp(`^\\.SS ${noun ? `${noun} ` : ''}${name}\\b`, 'm'));
	for (const [, name] of options) assert.match(page, new RegExp(`^--${name}\\b|, --${name}\\b`, 'm'));
	for (const [line] of help.matchAll(/^ {2}\d {2}.*$/gm)) assert.ok(page.includes(line.trim()), line);
});

test('relink.yaml(5) has each key with its text, bounds and default', async () => {
	const page = text(await yaml()).replaceAll('\n', ' ');
	const keys = [...readFileSync(new URL('core/conf/keys.def', root), 'utf8').matchAll(
		/^KEY\(\w+, \w+, "([^"]+)", (\w+), (?:"([^"]*)"|NULL),/gm)];

	assert.ok(keys.length > 80, String(keys.length));
	for (const [, path, , def] of keys) {
		const at = page.indexOf(`.B ${path} `);

		assert.ok(at > 0, path);
		const entry = page.slice(at, page.indexOf('.TP', at) > 0 ? page.indexOf('.TP', at) : undefined);
		assert.match(entry, def === undefined ? /; (no default|required|default)/ : /; default /, entry);
		assert.match(entry, /; (live|restart)\)/, entry);
	}
});

test('relinkd(8) has each option and each exit status of --help', async () => {
	const page = text(relinkd());
	const help = (await exec(join(bin, 'relinkd'), ['--help'])).stdout;
	const status = [...help.split('Exit status:')[1].matchAll(/\b(\d+) /g)].map(([, n]) => n);
	const options = [...readFileSync(new URL('core/main.c', root), 'utf8').matchAll(/^\t\{ "([\w-]+)",/gm)];

	assert.ok(status.length >= 7 && options.length >= 4);
	for (const n of status) assert.match(page, new RegExp(`^\\.B ${n}$`, 'm'));
	for (const [, name] of options) assert.ok(page.includes(`--${name}`), name);
});

// What a program says about a page, a complaint a line; NULL: there is no such program here.
async function complaints(program, args, file) {
	try {
		const { stdout, stderr } = await exec(program, [...args, file]);

		return (stdout + stderr).split('\n').filter(Boolean);
	} catch (e) {
		if (e.code === 'ENOENT') return null;
		return (e.stdout + e.stderr).split('\n').filter(Boolean);
	}
}

test('mandoc and groff have nothing to say', async (t) => {
	const dir = folder();
	let looked = 0;

	t.after(() => rmSync(dir, { recursive: true, force: true }));
	for (const [name, page] of [['relinkctl.1', await relinkctl()], ['relink.yaml.5', await yaml()], ['relinkd.8', relinkd()]]) {
		const file = join(dir, name);

		writeFileSync(file, page);
		for (const [program, args] of [['mandoc', ['-T', 'lint', '-W', 'style']], ['groff', ['-man', '-z', '-ww', '-Wall']]]) {
			const said = await complaints(program, args, file);

			looked += said !== null;
			// A date would make each build another.
			assert.deepEqual((said ?? []).filter((l) => !/missing date/.test(l)), [], name);
		}
	}
	if (looked === 0) t.skip('neither mandoc nor groff is here');
});
