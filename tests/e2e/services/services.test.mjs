// Instances whose backend relinkd starts: it is there, it comes back, and it outlives the core.

import assert from "node:assert/strict";
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { folder, until, withLog } from "../lib/daemon.mjs";
import { Backend, KEY, alive, commandLines, daemonOf, link, program, surely, theOne, withBackend } from "./keeper.mjs";

describe("services", { concurrency: 2 }, () => {
	test("a service is started, ready when it lists, and its lines are in the log with its name", () =>
		withBackend({}, async (d, backend) => {
			const pid = await theOne(backend);
			await d.logs(/service\.started instance=tiny-1 pid=\d+/);
			await d.logs(/service\.ready instance=tiny-1/);
			await d.logs(new RegExp(`service\\.says instance=tiny-1 text="?tiny listens on ${backend.port}`));
			const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
			assert.ok(environment.includes(`TINY_KEY=${KEY}`));
			assert.doesNotMatch(d.log, new RegExp(KEY));
			assert.doesNotMatch(commandLines(), new RegExp(KEY));
			assert.doesNotMatch(readFileSync(path.join(d.state, "services/tiny-1.process"), "utf8"), new RegExp(KEY));
			assert.doesNotMatch(d.log, / error /);
			assert.doesNotMatch(d.log, /unreachable/, "that it takes a moment to start is nothing to tell");
		}));

	test("a service that is SIGKILLed is started again, and its sessions are back without a scan", (t) =>
		withBackend({}, async (d, backend) => {
			const before = await d.account("shop"), pid = await theOne(backend), killed = Date.now();
			process.kill(pid, "SIGKILL");
			await d.logs(/service\.died instance=tiny-1 .*killed by signal 9/);
			const next = await theOne(backend, { not: pid });
			const { service } = await until(async () => {
				const shown = await d.ok("GET", "/v1/instances/tiny-1");
				return shown.service.state === "ready" && shown;
			});
			assert.deepEqual([service.pid, service.starts, service.deaths], [next, 2, 1]);
			assert.match(service.last_death, /killed by signal 9/);
			const up = await surely(d, "shop", (a) => a.generation > before.generation);
			t.diagnostic(`connected again after ${Date.now() - killed} ms`);
			assert.equal(up.profile, before.profile);
			assert.equal(up.generation, before.generation + 1);
			assert.equal(backend.starts().length, 2);
		}));

	test("while it is down nobody burns an attempt", () =>
		withBackend({ worker: { restart_base: "2s", restart_cap: "3s", restart_burst: 1, cool_down: "3s" } }, async (d, backend) => {
			const pid = await theOne(backend), from = d.log.length;
			process.kill(pid, "SIGKILL");
			await d.logs(/service\.cooling instance=tiny-1/, { from });
			await d.logs(/instance\.unreachable instance=tiny-1/, { from });
			await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "second", connect: true });
			await theOne(backend, { not: pid });
			const second = await d.reaches("second", "qr_scanning", 30);
			assert.deepEqual([second.attempts, second.generation], [0, 1]);
			const shop = await surely(d, "shop", (a) => a.generation > 1);
			assert.deepEqual([shop.attempts, shop.generation], [0, 2], "what is lost with its instance is no attempt");
		}));

	test("the core is SIGKILLed: the same process goes on, and so do its sessions", () =>
		withBackend({}, async (d, backend) => {
			const before = await d.account("shop"), pid = await theOne(backend);
			await d.kill();
			assert.ok(alive(pid));
			await d.start();
			await d.logs(new RegExp(`service\\.found instance=tiny-1 pid=${pid}`));
			const up = await surely(d, "shop");
			assert.deepEqual([up.session_id, up.generation], [before.session_id, before.generation]);
			assert.deepEqual(backend.starts(), [pid]);
			const from = d.log.length;
			process.kill(pid, "SIGKILL"); // no child of this core, and watched all the same
			await d.logs(/service\.died instance=tiny-1/, { from });
			await theOne(backend, { not: pid });
		}));

	test("a planned stop leaves it running, and the next relinkd takes it over", () =>
		withBackend({}, async (d, backend) => {
			const before = await d.account("shop"), pid = await theOne(backend);
			assert.deepEqual(await d.stop(), { code: 0, signal: null });
			await d.logs(/service\.left instance=tiny-1/);
			assert.ok(alive(pid));
			await d.start();
			assert.equal((await surely(d, "shop")).session_id, before.session_id);
			assert.deepEqual(backend.starts(), [pid]);
			assert.doesNotMatch(d.log, / error /);
		}));

	test("command_ends_with_relinkd: it ends in good order behind the workers", () =>
		withBackend({ more: { command_ends_with_relinkd: true } }, async (d, backend) => {
			const pid = await theOne(backend);
			assert.deepEqual(await d.stop(), { code: 0, signal: null });
			assert.ok(!alive(pid));
			assert.deepEqual(backend.orderly(), [pid]);
			await d.logs(/worker\.ended[^]*service\.ended instance=tiny-1 .*exited with status 0/);
			assert.doesNotMatch(d.log, / error /);
			await d.start();
			assert.equal((await surely(d, "shop", (a) => a.generation > 1)).status, "connected");
		}));

	test("command_ends_with_relinkd: one that does not listen is killed when its time is over", () =>
		withBackend({ more: { command_ends_with_relinkd: true, command_stop_timeout: "300ms" }, environment: { TINY_DEAF: "1" } },
			async (d, backend) => {
				const pid = await theOne(backend);
				assert.deepEqual(await d.stop(), { code: 0, signal: null });
				assert.ok(!alive(pid));
				await d.logs(/tiny was asked to end/);
				await d.logs(/service\.stalled instance=tiny-1 .*did not end in time/);
			}));

	test("one that hangs is ended and started again", () =>
		withBackend({ more: { command_hang_timeout: "1s", command_stop_timeout: "1s" } }, async (d, backend) => {
			const before = await d.account("shop"), pid = await theOne(backend);
			process.kill(pid, "SIGSTOP");
			await d.logs(/service\.stalled instance=tiny-1 .*did not answer any question/);
			await theOne(backend, { not: pid });
			const up = await surely(d, "shop", (a) => a.generation > before.generation);
			assert.equal(up.profile, before.profile);
			assert.deepEqual(backend.orderly(), [pid], "it heard that it shall end, although it was stopped");
		}));

	test("one that never gets ready is ended and started again, slower", () =>
		withBackend({ account: null, more: { command: [process.execPath, "-e", "setInterval(() => {}, 1000)"],
			command_start_timeout: "1s" } }, async (d) => {
			await d.logs(/service\.stalled instance=tiny-1 .*did not give the list of its sessions in time/, { seconds: 30 });
			await d.logs(/service\.waiting instance=tiny-1/);
			const first = /service\.started instance=tiny-1 pid=(\d+)/.exec(d.log)[1];
			const second = await d.logs(new RegExp(`service\\.started instance=tiny-1 pid=(?!${first} )(\\d+)`));
			assert.ok(!alive(first));
			await d.kill();
			process.kill(Number(second[1]), "SIGKILL");
		}));

	test("a wrong key is no reason to end it, however long it lasts", () =>
		withBackend({ account: null, environment: { TINY_KEY: "another-key-of-the-service" }, more: { command_start_timeout: "4s" } },
			async (d, backend) => {
				await until(() => backend.refused().length > 0);
				const from = d.log.length, pid = await theOne(backend);
				await until(() => backend.refused().length > 40, { seconds: 60 }); // at most four a second
				assert.doesNotMatch(d.log.slice(from), /service\.(stalled|died)/);
				assert.deepEqual(backend.living(), [pid]);
			}));

	test("a program that is missing is told, others go on, and a reload tries again", async () => {
		const good = await Backend.make(), bad = await Backend.make();
		const wanted = path.join(bad.dir, "node");
		const d = daemonOf([good.instance("good-1"), bad.instance("bad-1", { command: [wanted, program] })]);
		try {
			await d.start();
			await d.logs(/service\.not_started instance=bad-1 .*there is no program .*install it, or correct the command/);
			await d.logs(/service\.held instance=bad-1/);
			await d.logs(/service\.ready instance=good-1/);
			await link(d, good, "shop");
			const from = d.log.length;
			writeFileSync(wanted, "not to be run");
			d.child.kill("SIGHUP");
			await d.logs(/service\.held instance=bad-1 .*cannot run the program: Permission denied/, { from });
			symlinkSync(process.execPath, `${wanted}.real`);
			const again = d.log.length;
			renameSync(`${wanted}.real`, wanted);
			d.child.kill("SIGHUP");
			await d.logs(/service\.ready instance=bad-1/, { from: again });
			await d.stop();
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			good.end();
			bad.end();
		}
	});

	test("one that cannot be started is down, so that new accounts go to others", async () => {
		const bad = await Backend.make(), good = await Backend.make();
		const d = daemonOf([bad.instance("bad-1", { command: [path.join(bad.dir, "node"), program] }), good.instance("good-1")]);
		try {
			await d.start();
			await d.logs(/service\.held instance=bad-1/);
			const shown = await d.ok("GET", "/v1/instances/bad-1");
			assert.deepEqual([shown.state, shown.reachable, shown.list.failures], ["down", false, 0]);
			assert.ok(Date.parse(shown.down_since) <= Date.now());
			for (const id of ["a", "b", "c"]) {
				await d.ok("POST", "/v1/accounts", { provider: "webjs", id });
				assert.equal((await d.account(id)).instance, "good-1");
			}
			await d.ok("POST", "/v1/instances/good-1/drain", {});
			await d.ok("POST", "/v1/accounts", { provider: "webjs", id: "waits", connect: true });
			const waits = await d.account("waits");
			assert.deepEqual([waits.instance, waits.phase, waits.user_action], ["bad-1", "queued", "check_provider"]);
			assert.match(waits.reason.text, /"bad-1" does not answer \(its process does not run: .*there is no program/);
			await d.stop();
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			good.end();
		}
	});

	test("one that cannot be started again is given up, and what belongs to it goes to others until it is back", async () => {
		const one = await Backend.make(), two = await Backend.make();
		const node = path.join(one.dir, "node"), shared = { TINY_PROFILES: folder() };
		symlinkSync(process.execPath, node);
		const d = daemonOf([one.instance("one", { command: [node, program] }, shared), two.instance("two", {}, shared)],
			{ provider: { shared_credentials: true, when_down: "move", move_after: "600ms" } });
		try {
			await d.start();
			const before = await link(d, one, "shop");
			assert.equal(before.instance, "one", "that its process just begins is no fault");
			const pid = await theOne(one);
			rmSync(node);
			process.kill(pid, "SIGKILL");
			await d.logs(/instance\.given_up instance=one/);
			const moved = await surely(d, "shop", (a) => a.instance === "two");
			assert.deepEqual([moved.profile, moved.generation], [before.profile, before.generation + 1]);
			const shown = await d.ok("GET", "/v1/instances/one");
			assert.deepEqual([shown.state, shown.given_up], ["down", true]);
			symlinkSync(process.execPath, node);
			await until(async () => {
				const again = await d.ok("GET", "/v1/instances/one");
				return again.state === "up" && !again.given_up;
			}, { seconds: 30 });
			assert.equal((await surely(d, "shop")).instance, "two");
			await d.stop();
		} catch (e) {
			throw withLog(e, d);
		} finally {
			await d.kill();
			one.end();
			two.end();
		}
	});

	test("other settings, and an instance that has no command any more, are told and nobody is ended", () =>
		withBackend({}, async (d, backend) => {
			const pid = await theOne(backend);
			const [instance] = d.config.providers.webjs.instances;
			await d.stop();
			instance.command_environment.MORE = "1";
			d.writeConfig();
			await d.start();
			await d.logs(new RegExp(`service\\.outdated instance=tiny-1 pid=${pid}`));
			await d.stop();
			const command = instance.command, environment = instance.command_environment, directory = instance.command_directory;
			delete instance.command;
			delete instance.command_environment;
			delete instance.command_directory;
			d.writeConfig();
			await d.start();
			await d.logs(new RegExp(`service\\.unconfigured instance=tiny-1 pid=${pid}`));
			assert.equal((await surely(d, "shop")).status, "connected");
			assert.ok(alive(pid));
			await d.stop();
			Object.assign(instance, { command, command_environment: environment, command_directory: directory });
			d.writeConfig();
			await d.start();
			const from = d.log.length;
			process.kill(pid, "SIGTERM"); // as the log tells
			await d.logs(/service\.started instance=tiny-1/, { from });
			const next = await theOne(backend, { not: pid });
			assert.match(readFileSync(`/proc/${next}/environ`, "utf8"), /MORE=1/);
			await surely(d, "shop");
		}));

	test("a user of its own", (t) => {
		if (process.getuid() !== 0) return t.skip("only root may start a process as somebody else");
		return withBackend({ account: null, more: { command_user: "nobody", command: [process.execPath, "-e",
			`require("fs").writeSync(1, "uid " + process.getuid() + " groups " + process.getgroups() + " home " + process.env.HOME + "\\n");
			setInterval(() => {}, 1000)`], command_directory: "/" } }, async (d) => {
			const [, uid] = await d.logs(/text="uid (\d+) groups 65534 home \/nonexistent"/);
			assert.equal(uid, "65534");
			const [, pid] = /service\.started instance=tiny-1 pid=(\d+)/.exec(d.log);
			await d.kill();
			process.kill(Number(pid), "SIGKILL");
		});
	});

	test("a second SIGTERM skips the waiting, and the service ends by itself", () =>
		withBackend({ more: { command_ends_with_relinkd: true } }, async (d, backend) => {
			const pid = await theOne(backend);
			assert.equal((await d.stop("SIGTERM", "SIGTERM")).code, 0);
			await until(() => !alive(pid));
			assert.deepEqual(backend.orderly(), [pid]);
			assert.ok(existsSync(path.join(d.state, "services/tiny-1.log")));
		}));
});
