// The short form of fleet/busy.mjs: a machine that is busy makes no worker look dead, and one that hangs is
// noticed all the same.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const script = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../fleet/busy.mjs");

test("workers are not ended because the machine is busy, and one that hangs is", async () => {
	const { stdout } = await promisify(execFile)(process.execPath,
		[script, "--minutes", "0.2", "--spinners", "4"], { env: process.env, timeout: 240000 });
	const told = JSON.parse(stdout);
	assert.equal(told.false_kills, 0, stdout);
	assert.equal(told.spinners, 4);
	assert.ok(told.same_sessions, stdout);
});
