// webhooks.test.mjs - events reach their receiver: in order, signed, once each, or the gap is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhooks } from "../../../plugins/webjs/service/webhooks.mjs";
import { until } from "../lib/daemon.mjs";
import { Receiver, SECRET } from "./service.mjs";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

// A sender to that URL, with numbered events in it.
function sender(url, { queue = 100, events = 0, answerMs } = {}) {
	const webhooks = new Webhooks({ boot: "b1", log: silent, answerMs,
		settings: { webhookUrl: url, webhookSecret: SECRET, webhookQueue: queue } });
	for (let i = 1; i <= events; i++) webhooks.tell("numbered", { i });
	return webhooks;
}
async function withReceiver(act) {
	const receiver = await Receiver.start();
	try {
		return await act(receiver);
	} finally {
		receiver.stop();
	}
}
const numbers = (receiver) => receiver.events.map((one) => one.data.i ?? one.event);

test("events come in order, signed, each with an id, a sequence and the boot", () => withReceiver(async (receiver) => {
	const webhooks = sender(receiver.url, { events: 20 });
	await webhooks.flushed(5000);
	assert.deepEqual(numbers(receiver), Array.from({ length: 20 }, (_, i) => i + 1));
	assert.equal(receiver.unsigned, 0);
	const [{ id, sequence, boot_id, event, at }] = receiver.events;
	assert.deepEqual([id, sequence, boot_id, event], ["evt_b1_1", 1, "b1", "numbered"]);
	assert.ok(Math.abs(Date.now() - Date.parse(at)) < 60e3);
	assert.deepEqual(webhooks.counts, { sent: 20, failed: 0, dropped: 0 });
}));

test("a receiver that is down gets them later, in order", async () => {
	const first = await Receiver.start();
	const { port, url } = first;
	first.stop();
	const webhooks = sender(url, { events: 3 });
	await until(() => webhooks.counts.failed > 0);
	webhooks.tell("numbered", { i: 4 });
	const second = await Receiver.start(port);
	await webhooks.flushed(10e3);
	second.stop();
	assert.deepEqual(numbers(second), [1, 2, 3, 4]);
});

for (const answer of [500, 503, 401, 404, 429, "hang up"]) {
	test(`a receiver that answers ${answer} gets the event again`, () => withReceiver(async (receiver) => {
		receiver.answer = answer;
		const webhooks = sender(receiver.url, { events: 2 });
		await until(() => webhooks.counts.failed > 0);
		assert.equal(webhooks.waiting, 2);
		receiver.answer = 200;
		await webhooks.flushed(10e3);
		assert.deepEqual(numbers(receiver), [1, 2]);
	}));
}

test("an answer whose end does not come counts by its status, and what follows is sent", () => withReceiver(async (receiver) => {
	receiver.answer = "half";
	const webhooks = sender(receiver.url, { events: 2, answerMs: 200 });
	await until(() => receiver.events.length === 1);
	receiver.answer = 200;
	await webhooks.flushed(5000);
	assert.deepEqual(numbers(receiver), [1, 2]);
}));

test("an event that the receiver cannot take does not hold up the others, and is told as a gap", () => withReceiver(async (receiver) => {
	receiver.answer = ({ sequence, event }) => (sequence === 1 && event !== "gap" ? 422 : 200);
	const webhooks = sender(receiver.url, { events: 2 });
	await webhooks.flushed(5000);
	assert.deepEqual(numbers(receiver), ["gap", 2]);
	assert.deepEqual(receiver.events[0].data, { dropped: 1, from_sequence: 1, to_sequence: 1 });
}));

test("what does not fit is dropped, oldest first, and the gap is told in its place", () => withReceiver(async (receiver) => {
	receiver.answer = 500;
	const webhooks = sender(receiver.url, { queue: 5, events: 20 });
	await until(() => webhooks.counts.failed > 0);
	receiver.answer = 200;
	await webhooks.flushed(10e3);
	assert.deepEqual(numbers(receiver), [1, "gap", 16, 17, 18, 19, 20]);
	const { data, sequence, id } = receiver.events[1];
	assert.deepEqual(data, { dropped: 14, from_sequence: 2, to_sequence: 15 });
	assert.deepEqual([sequence, id], [15, "gap_b1_2_15"]);
	assert.equal(webhooks.counts.dropped, 14);
}));

test("without an address nothing is kept", () => {
	assert.equal(sender(undefined, { events: 3 }).waiting, 0);
});
