// health.mjs - how the service is, as it really is.
//
// /health is 200 only when new sessions can be started. /health/live says that the event loop turns,
// which its answer proves; /health/ready that creates are taken. Counts need no key, names do.

import { monitorEventLoopDelay } from "node:perf_hooks";

const NS_PER_MS = 1e6;

export function addHealthRoutes(app, { settings, boot, sessions, chromium, webhooks }) {
	const delay = monitorEventLoopDelay({ resolution: 20 });
	delay.enable();

	const health = () => {
		const by = { starting: 0, qr: 0, authenticated: 0, connected: 0, down: 0 };
		for (const { state } of sessions.list()) by[state]++;
		const full = sessions.busy >= settings.capacity;
		const reasons = [
			...(chromium.usable === false ? [`Chromium cannot be used: ${chromium.text}`] : []),
			...(full ? [`all ${settings.capacity} places for sessions are taken`] : []),
			...(webhooks.waiting > settings.webhookQueue / 2 ? [`${webhooks.waiting} events wait for the receiver`] : []),
		];
		const status = chromium.usable === false ? "unhealthy" : chromium.usable === null ? "starting"
			: reasons.length > 0 ? "degraded" : "healthy";
		return {
			status, reasons, boot_id: boot, pid: process.pid, uptime: Math.round(process.uptime()),
			sessions: { total: sessions.list().length, capacity: settings.capacity, browsers: sessions.busy, ...by },
			browser: { path: settings.chromium, usable: chromium.usable, text: chromium.text },
			webhooks: { configured: Boolean(webhooks.url), waiting: webhooks.waiting, ...webhooks.counts },
			memory: { rss_bytes: process.memoryUsage.rss() },
			event_loop_delay_ms: Math.round(delay.percentile(99) / NS_PER_MS),
			timestamp: new Date().toISOString(),
		};
	};
	const open = { config: { open: true } };
	const answer = (reply, good, body) => reply.code(good ? 200 : 503).send(body);

	app.get("/health", open, (request, reply) => {
		const body = health();
		return answer(reply, body.status !== "unhealthy", body);
	});
	app.get("/health/live", open, async () => ({ alive: true, boot_id: boot, pid: process.pid }));
	app.get("/health/ready", open, (request, reply) => {
		const { status, reasons } = health();
		return answer(reply, chromium.usable === true, { ready: chromium.usable === true, status, reasons, boot_id: boot });
	});
	app.get("/health/detailed", async () => {
		const memory = await sessions.memory();
		return { ...health(), details: sessions.list().map((session) =>
			({ session_id: session.id, account_id: session.account, state: session.state, pid: session.engine.pid ?? null,
				memory: memory.get(session.id) ?? null })) };
	});
}
