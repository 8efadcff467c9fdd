// run.mjs - starts relinkctl in an environment of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bin } from '../lib/daemon.mjs';

export const binary = join(bin, 'relinkctl');

const DEADLINE_S = 30; // safety net: no test waits for it

function environment(fake, env) {
	return {
		PATH: process.env.PATH,
		LANG: 'C.UTF-8',
		TERM: 'xterm',
		...(fake && !fake.url ? { RELINK_SOCKET: fake.socket } : {}),
		...(fake?.url ? { RELINK_URL: fake.url } : {}),
		...env,
	};
}

// A running relinkctl: its output so far, and promises for what shall come.
class Running {
	stdout = '';
	stderr = '';
	#watchers = [];

	constructor(child, seconds = DEADLINE_S) {
		this.child = child;
		for (const name of ['stdout', 'stderr']) {
			child[name].setEncoding('utf8').on('data', (text) => {
				this[name] += text;
				this.#watchers.forEach((w) => w());
			});
		}
		this.deadline = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
		this.ended = once(child, 'close').then(([code, signal]) => {
			clearTimeout(this.deadline);
			this.over = true;
			this.#watchers.forEach((w) => w());
			return { code, signal, stdout: this.stdout, stderr: this.stderr };
		});
	}

	// Resolves when the output matches; rejects when the process has ended without.
	async until(pattern, name = 'stdout') {
		for (;;) {
			const match = this[name].match(pattern);

			if (match) return match;
			if (this.over)
				throw new Error(
					`ended without ${pattern} on ${name}:\n${this[name]}\n${this.stderr}`,
				);
			await new Promise((wake) => this.#watchers.push(wake));
		}
	}

	async stop(signal = 'SIGTERM') {
		this.child.kill(signal);
		return this.ended;
	}
}

export function start(args, { fake, env, cwd, input, seconds } = {}) {
	const child = spawn(binary, args, { env: environment(fake, env), cwd });

	child.stdin.on('error', () => {}).end(input ?? '');
	return new Running(child, seconds);
}

export const run = (args, options) => start(args, options).ended;

// A line of shell in which "$0" is relinkctl.
export function runInShell(line, { fake, env } = {}) {
	const child = spawn('sh', ['-c', line, binary], { env: environment(fake, env) });

	child.stdin.on('error', () => {}).end();
	return new Running(child).ended;
}

const quoted = (word) => `'${word.replaceAll("'", "'\\''")}'`;

// The same on a terminal of its own (script is essential in Debian); both outputs arrive as stdout.
export function startOnTerminal(
	args,
	{ fake, env, columns = 100, rows = 40, input, seconds } = {},
) {
	const command = [binary, ...args].map(quoted).join(' ');
	const line = `stty cols ${columns} rows ${rows} -echo; exec ${command}`;
	const child = spawn('script', ['-qec', line, '/dev/null'], {
		env: { SHELL: '/bin/sh', ...environment(fake, env) },
	});

	child.stdin.on('error', () => {});
	if (input !== undefined) child.stdin.end(input);
	return new Running(child, seconds);
}

export const runOnTerminal = (args, options) => startOnTerminal(args, options).ended;
