// picture.mjs - the picture of the dashboard in the README.
//
// usage: node tests/e2e/dashboard/picture.mjs      (after cmake --build --preset crash)

import path from "node:path";
import { fileURLToPath } from "node:url";
import { fast, until, withDaemon } from "../lib/daemon.mjs";
import { browser, inside } from "./browser.mjs";
import { fill } from "./shop.mjs";

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../../core/dashboard/picture.png");

await withDaemon({ mock: { ...fast, scan_ms: "5ms" }, policy: { qr_deadline: "5m", max_attempts: 9, backoff_base: "4s", backoff_cap: "5m" }, instances: 2, workers: 2, errors: /./ }, async (d) => {
	await fill(d);
	const chrome = await browser();
	const page = await inside(chrome, d, { size: { width: 1200, height: 1075 } });
	await until(async () => await page.locator("tbody .tag", { hasText: "Connected" }).count() >= 8);
	await page.mouse.move(600, 20);
	await page.screenshot({ path: file });
	await chrome.close();
});
process.exit(0);
