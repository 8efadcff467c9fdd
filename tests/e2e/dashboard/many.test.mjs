// The short form of many.mjs: what the page keeps does not depend on how many accounts there are.

import { test } from "node:test";
import { isBounded, measure } from "./many.mjs";

test("5,000 accounts: the page keeps one page of them", { timeout: 300000 }, async (t) => {
	const found = await measure(5000);
	t.diagnostic(JSON.stringify(found));
	isBounded(found);
});
