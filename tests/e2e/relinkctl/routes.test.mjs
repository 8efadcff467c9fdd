// Every route of core/api/routes.def can be reached with a command, or stands below with the reason why not.
// A new route fails here until it has a line: the command that asks it, which is then run.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { pooled } from '../lib/daemon.mjs';
import { Fake, account } from './fake.mjs';
import { run } from './run.mjs';

const routes = [
	...readFileSync(new URL('../../../core/api/routes.def', import.meta.url), 'utf8').matchAll(
		/^ROUTE\((\w+),\s+"([^"]+)"/gm,
	),
].map(([, method, path]) => `${method} ${path}`);

// The parameters of a path are "x", as in the commands below.
const asked = (route) => route.replaceAll(/\{\w+\}/g, 'x');

const commands = {
	'GET /healthz': 'status --json',
	'GET /readyz': 'status --json',
	'GET /openapi.json': 'openapi',
	'GET /metrics': 'metrics',
	'POST /v1/accounts': 'add x --provider mock',
	'GET /v1/accounts': 'list',
	'GET /v1/accounts/{id}': 'show x',
	'PATCH /v1/accounts/{id}': 'set x --label y',
	'DELETE /v1/accounts/{id}': 'delete x --yes',
	'POST /v1/accounts/{id}/connect': 'connect x',
	'POST /v1/accounts/{id}/disconnect': 'disconnect x',
	'POST /v1/accounts/{id}/reconnect': 'reconnect x',
	'POST /v1/accounts/{id}/qr': 'qr x --new --no-wait',
	'GET /v1/accounts/{id}/qr': 'qr x --raw',
	'POST /v1/accounts/{id}/qr-link': 'qr x --link',
	'POST /v1/accounts/{id}/check': 'check x',
	'POST /v1/accounts/{id}/messages': 'send x --to 1 --text y',
	'POST /v1/accounts/{id}/verbs/{verb}': 'verb x x',
	'GET /v1/accounts/{id}/timeline': 'timeline x',
	'GET /v1/accounts/{id}/attempts': 'attempts x',
	'GET /v1/accounts/{id}/health': 'health x',
	'GET /v1/health/summary': 'health-summary',
	'GET /v1/policy': 'policy',
	'GET /v1/workers': 'workers',
	'GET /v1/workers/{slot}/deaths': 'deaths x',
	'GET /v1/instances': 'instances',
	'GET /v1/instances/{instance}': 'instance show x',
	'POST /v1/instances/{instance}/drain': 'instance drain x',
	'POST /v1/instances/{instance}/resume': 'instance resume x',
	'GET /v1/alerts': 'alerts',
	'GET /v1/incidents': 'incidents',
	'GET /v1/incidents/{incident}': 'incident show x',
	'GET /v1/pauses': 'pauses',
	'PUT /v1/pauses/everything': 'pause --everything --reason y',
	'DELETE /v1/pauses/everything': 'resume --everything',
	'PUT /v1/pauses/provider/{provider}': 'pause --provider x --reason y',
	'DELETE /v1/pauses/provider/{provider}': 'resume --provider x',
	'PUT /v1/pauses/workspace/{workspace}': 'pause --workspace x --reason y',
	'DELETE /v1/pauses/workspace/{workspace}': 'resume --workspace x',
	'PUT /v1/pauses/account/{id}': 'pause x --reason y',
	'DELETE /v1/pauses/account/{id}': 'resume x',
	'POST /v1/bulk': 'bulk connect --everything --yes',
	'GET /v1/bulk': 'jobs',
	'GET /v1/bulk/{bulk}': 'bulk show x',
	'DELETE /v1/bulk/{bulk}': 'bulk cancel x',
	'GET /v1/events': 'events',
	'POST /v1/keys': 'key add --role viewer',
	'GET /v1/keys': 'keys',
	'DELETE /v1/keys/{key}': 'key revoke x',
	'POST /v1/webhooks': 'webhook add https://x.example/',
	'GET /v1/webhooks': 'webhook list',
	'GET /v1/webhooks/{webhook}': 'webhook show x',
	'PATCH /v1/webhooks/{webhook}': 'webhook set x --label y',
	'DELETE /v1/webhooks/{webhook}': 'webhook remove x',
	'POST /v1/webhooks/{webhook}/test': 'webhook test x',
	'POST /v1/webhooks/{webhook}/rotate': 'webhook rotate x',
	'GET /v1/webhooks/{webhook}/dead': 'webhook dead x',
	'POST /v1/webhooks/{webhook}/replay': 'webhook replay x',
};

const exceptions = [
	[/ \/$/, 'a hint for people who come by with a browser'],
	[/^POST \/webhooks\//, "the providers' backends post there, with a signature of theirs"],
	[/^DELETE .*\/qr-link$/, 'a link ends by itself soon; relinkctl api DELETE ends it before'],
	[/ \/dashboard\//, 'files of the dashboard, for browsers'],
	[/ \/v1\/session$/, "the dashboard's log-in: here a key is a file or the socket"],
	[/ \/qr\//, 'the page for the person with the phone'],
	[/ \/api\//, 'what the service that Relink replaces was asked: the same things have commands here'],
	[/ \/health(\/|$)/, 'its health pages, likewise: relinkctl status'],
];

test('each route has a command or a reason to have none', () => {
	assert.ok(routes.length > 50, 'routes.def was not understood');
	for (const route of routes) {
		const excused = exceptions.some(([pattern]) => pattern.test(route));

		assert.notEqual(route in commands, excused,
			`${route}: add the command that asks it to tests/e2e/relinkctl/routes.test.mjs`);
	}
	assert.deepEqual(Object.keys(commands).filter((r) => !routes.includes(r)), [], 'no routes any more');
});

// An answer that satisfies every command: it is about the request, not about what is printed.
const answer = () => ({
	json: {
		...account('x'), account: account('x'), code: 'c', accounts: [], entries: [], attempts: [], workers: [],
		deaths: [], instances: [], incidents: [], alerts: [], keys: [], providers: [], key: 'k', instance: { id: 'x' },
		id: 'x', total: 1, jobs: [], pauses: [], state: 'done',
	},
});

test('each command asks its route', async (t) => {
	const fake = await Fake.start(t);

	await pooled(Object.entries(commands), 3, async ([route, line]) => {
		const wanted = asked(route), began = Date.now();

		fake.on(wanted, answer);
		if (route === 'GET /readyz') fake.on('GET /healthz', answer);
		if (route === 'GET /v1/events') fake.on(wanted, { stream: (res) => res.socket.destroy() });
		const { stderr } = await run(line.split(' '), { fake, seconds: route === 'GET /v1/events' ? 1 : 30 });

		assert.ok(fake.lines.some((l) => l.split('?')[0] === wanted),
			`relinkctl ${line} did not ask ${wanted} within ${Date.now() - began} ms: ${stderr}`);
	});
});

test('api asks anything else, and prints what comes as it comes', async (t) => {
	const fake = await Fake.start(t);

	fake.on('GET /v9/new?a=b%20c', { text: '{"b": [1,  2]}' })
		.on('PUT /v9/new', ({ body }) => ({ json: { got: JSON.parse(body) } }))
		.on('DELETE /v9/new', { status: 204 })
		.on('POST /v9/new', { status: 409, json: { code: 'not_now', detail: 'Later.' } });
	const ask = (...args) => run(['api', ...args], { fake, input: '{"from":"stdin"}' });

	assert.equal((await ask('GET', '/v9/new?a=b%20c')).stdout, '{"b": [1,  2]}\n');
	assert.equal((await ask('put', '/v9/new', '-')).stdout, '{"got":{"from":"stdin"}}\n');
	assert.deepEqual(await ask('DELETE', '/v9/new'), { code: 0, signal: null, stdout: '', stderr: '' });
	const refused = await ask('POST', '/v9/new', '{}');
	assert.deepEqual([refused.code, refused.stdout, refused.stderr], [1, '', 'relinkctl: not_now: Later.\n']);
});
