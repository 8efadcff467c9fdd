// disk.mjs - a daemon with a small disk that a test can fill.
//
// The disk is a tmpfs in a mount namespace of its own, which a process holds that ends with the test;
// the daemon joins it, and the test looks in through /proc.  That takes root and the right to mount.

import { closeSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import path from "node:path";
import { Daemon, fast, start, until, withLog } from "./daemon.mjs";

export class SmallDisk {
	// Mounted at `dir`, of this size; rejects with the reason when that cannot be.
	static async make(dir, size) {
		const disk = new SmallDisk();
		mkdirSync(dir, { recursive: true });
		disk.holder = start("unshare", ["-m", "sh", "-c",
			'mount -t tmpfs -o size="$2",mode=700 none "$1" && echo mounted && exec cat', "sh", dir, size]);
		let said = "", over = false;
		disk.holder.stdout.on("data", (text) => (said += text));
		disk.holder.stderr.on("data", (text) => (said += text));
		disk.holder.on("error", (e) => ((over = true), (said += e.message)));
		disk.holder.on("close", () => (over = true));
		await until(() => over || /mounted/.test(said));
		if (over) throw new Error(said.trim());
		disk.dir = path.join("/proc", String(disk.holder.pid), "root", dir);
		return disk;
	}

	// Words before a command, so that it sees the disk.
	get inside() {
		return ["nsenter", "-t", String(this.holder.pid), "-m", "-r", "--"];
	}

	fill() {
		const fd = openSync(path.join(this.dir, "ballast"), "a");
		try {
			for (;;) writeSync(fd, Buffer.alloc(4096));
		} catch (e) {
			if (e.code !== "ENOSPC") throw e;
		} finally {
			closeSync(fd);
		}
	}

	free() {
		unlinkSync(path.join(this.dir, "ballast"));
	}

	end() {
		this.holder.kill("SIGKILL");
	}
}

// A story of a daemon, not started yet, whose state directory is such a disk; or whose mock instance has
// its side there, with `on: "mock-1"`.  Skipped, with the reason, where none can be made.
export async function withSmallDisk(t, { on = "state", size = "4m", mock, ...options }, story) {
	const d = new Daemon({ ...options, mock: { ...fast, ...mock } });
	let disk;
	if (process.getuid() !== 0) return t.skip("mounting a small disk needs root");
	try {
		disk = await SmallDisk.make(path.join(d.dir, on), size);
	} catch (e) {
		return t.skip(`no small disk can be mounted: ${e.message}`);
	}
	d.command.unshift(...disk.inside);
	if (on === "state") d.state = disk.dir;
	try {
		return await story(d, disk);
	} catch (e) {
		throw withLog(e, d);
	} finally {
		await d.kill();
		disk.end();
	}
}
