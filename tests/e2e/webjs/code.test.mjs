// code.test.mjs - from the request to the QR code, as an operator asks for it: with relinkctl.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Chain } from "./chain.mjs";
import { load, summary, timeToCode } from "./measure.mjs";
import { noChromium } from "./service.mjs";

test("ten accounts are added, and each shows its QR code in the terminal and at the API", { skip: noChromium, timeout: 1200000 },
	async (t) => {
		const chain = await Chain.start();
		t.after(() => chain.stop());
		const times = [];
		for (let i = 0; i < 10; i++) {
			const id = `shop-${i}`, { ms, shown } = await timeToCode(chain, id);
			times.push(ms);
			assert.equal(shown, (await chain.whatsapp.reported(await chain.session(id), "qr")).qr, "it is the code of the page");
			assert.equal((await chain.qr(id)).code, shown);
			await chain.ctl("account", "disconnect", id, "--wait", "60");
			await chain.until(() => chain.service.browsers().length === 0);
		}
		t.diagnostic(`request to QR code in the terminal, ${summary(times)} (asked for: 5 s), load ${load()}`);
		assert.deepEqual(chain.errors(), []);
	});
