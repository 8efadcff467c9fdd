// The service as an instance command: relinkd starts it, brings it back, and finds it again after a crash.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import path from "node:path";
import test, { after, before, describe } from "node:test";
import { fileURLToPath } from "node:url";
import { Daemon, until } from "../lib/daemon.mjs";
import { KEY, SECRET, VERSION, folder, noChromium } from "./service.mjs";
import { browsersBelow } from "./standin/processes.mjs";
import { Whatsapp } from "./standin/whatsapp.mjs";

const program = fileURLToPath(new URL("../../../plugins/webjs/service/main.mjs", import.meta.url));

async function freePort() {
	const server = net.createServer();
	await once(server.listen(0, "127.0.0.1"), "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

describe("webjs, started by relinkd", { skip: noChromium, timeout: 240000 }, () => {
	let whatsapp, d, data, pid;
	const account = () => d.account("shop");
	const servicePid = () => Number(/^pid (\d+) /.exec(readFileSync(path.join(d.state, "services/webjs-1.process"), "utf8"))[1]);
	const surely = (where) => until(async () => {
		const a = await account();
		return a.status === "connected" && !a.checking && where(a) && a;
	}, { seconds: 60, explain: async () => JSON.stringify(await account()) + d.log.slice(-2500) });

	before(async () => {
		const dir = folder(), servicePort = await freePort(), port = await freePort();
		data = path.join(dir, "data");
		whatsapp = await Whatsapp.start({ dir, version: VERSION });
		d = new Daemon({
			policy: { start_deadline: "60s", qr_deadline: "2m", list_interval: "5s", settle: "1s",
				operation_deadline: "20s", stable_after: "1m", backoff_base: "200ms", backoff_cap: "2s" },
			more: { providers: { webjs: { workers: 1, instances: [{
				id: "webjs-1", config: { url: `http://127.0.0.1:${servicePort}`, api_key: KEY, webhook_secret: SECRET },
				command: [process.execPath, program, "--data-dir", data, "--listen", `127.0.0.1:${servicePort}`,
					"--webhook-url", `http://127.0.0.1:${port}/webhooks/webjs`, "--chromium", whatsapp.chromium,
					"--web-cache", whatsapp.cache, "--probe-interval", "500ms", "--probe-deadline", "1s"],
				command_environment: { HOME: dir, RELINK_WEBJS_API_KEY: KEY, RELINK_WEBJS_WEBHOOK_SECRET: SECRET, ...whatsapp.env,
					...(process.env.STANDIN_CHROMIUM && { STANDIN_CHROMIUM: process.env.STANDIN_CHROMIUM }) },
				command_ends_with_relinkd: true,
			}] } } },
		});
		d.config.http.listen = `127.0.0.1:${port}`; // where the service's webhooks go
		d.writeConfig();
		await d.start();
		await d.logs(/service\.ready instance=webjs-1/, { seconds: 60 });
		pid = servicePid();
	});
	after(async () => {
		if (d?.running()) await d.stop();
		whatsapp?.stop();
		for (const one of browsersBelow(data)) process.kill(-one.group, "SIGKILL");
	});

	test("its lines are in the log, and an account connects", async () => {
		await d.logs(/service\.says instance=webjs-1 text="relink-webjs ready on /);
		await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "shop", connect: true });
		await until(async () => (await d.request("GET", "/v1/accounts/shop/qr")).status === 200);
		await whatsapp.scan((await account()).session_id, { phone: "628111222333" });
		await d.reaches("shop", "connected");
	});

	test("the core is SIGKILLed: the same process, the same session, still connected", async () => {
		const was = await account(), browsers = browsersBelow(data).map((one) => one.pid);
		await d.kill();
		await d.start();
		await d.logs(new RegExp(`service\\.found instance=webjs-1 pid=${pid}`));
		const up = await surely(() => true);
		assert.deepEqual([up.session_id, up.generation], [was.session_id, was.generation]);
		assert.equal(servicePid(), pid);
		assert.deepEqual(browsersBelow(data).map((one) => one.pid), browsers);
	});

	test("the service is SIGKILLed: started again, connected again without a scan", async (t) => {
		const was = await account(), killed = Date.now();
		process.kill(pid, "SIGKILL");
		const up = await surely((a) => a.generation > was.generation);
		t.diagnostic(`connected again after ${Date.now() - killed} ms`);
		assert.equal(up.profile, was.profile);
		assert.notEqual(servicePid(), pid);
		assert.equal(browsersBelow(data).filter((one) => one.session !== "trial").length, 1, "the orphan was swept");
	});

	test("a stop of relinkd ends it in good order, with its browsers", async () => {
		assert.deepEqual(await d.stop(), { code: 0, signal: null });
		await d.logs(/service\.ended instance=webjs-1 .*exited with status 0/);
		assert.deepEqual(browsersBelow(data), []);
		assert.doesNotMatch(d.log, new RegExp(`${KEY}|${SECRET}`));
	});
});
