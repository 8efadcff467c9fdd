// control.js - the page's line to the control server, what it can be told, and how it begins.

function report(type, fields) {
	say(`${type} ${JSON.stringify(fields)}`);
	return fetch(`${CONTROL}/page/report`, {
		method: "POST", mode: "no-cors", keepalive: true, body: JSON.stringify({ page: PAGE_ID, type, ...fields }),
	}).catch(nothing);
}

const later = []; // what waits until the answer has arrived, since Chromium may be ended on it
const soon = (act) => void later.push(act);
const commands = {
	ping: () => ({ state: Socket.state, me, codes, url: location.href }),
	set: (changes) => Object.assign(conf, changes),
	scan: logIn,
	qr: () => nextCode(),
	state: async ({ value, forget: drop }) => {
		if (drop) {
			await forget();
			me = null;
		}
		soon(() => Socket.set(value));
	},
	sync: () => Socket.synced(),
	message: async ({ n = 1, everyMs = 0, ...message }) => {
		const ids = [];
		for (let i = 1; i <= n; i++) {
			ids.push(comeIn(n > 1 ? { ...message, body: `${message.body} #${i}` } : message));
			if (everyMs) await sleep(everyMs);
		}
		return { ids };
	},
	ack: ({ id, ack }) => acknowledge(Msgs.get(id), ack),
	logout: ({ url }) => soon(() => logOut("the phone unlinked", url)),
	forget,
	go: ({ url }) => soon(() => location.assign(url)),
	reload: () => soon(() => location.reload()),
	hang: ({ ms = 3600000 }) => soon(() => {
		for (const end = Date.now() + ms; Date.now() < end;);
	}),
	modules: () => ({ asked: [...asked].sort() }),
};

const obey = async ({ data }) => {
	const { id, cmd, args } = JSON.parse(data);
	try {
		await report("reply", { id, ok: true, result: await commands[cmd](args) });
	} catch (e) {
		await report("reply", { id, ok: false, error: String(e?.message ?? e) });
	}
	for (const act of later.splice(0)) act();
};

(async () => {
	Object.assign(conf, await (await fetch(`${CONTROL}/page/config?page=${PAGE_ID}`)).json());
	const line = new EventSource(`${CONTROL}/page/line?page=${PAGE_ID}&url=${encodeURIComponent(location.href)}`);
	line.onmessage = obey;
	await new Promise((go) => (line.onopen = go)); // who reports is known from it
	await sleep(conf.bootMs);
	report("boot", { boot: conf.boot });
	if (conf.boot === "nodebug") return;
	const who = await remembered();
	if (who) become(who);
	window.Debug = { VERSION };
	if (conf.boot === "opening") return;
	await sleep(conf.openMs);
	if (!me) {
		nextCode();
		Socket.set("UNPAIRED");
		return;
	}
	report("login", { phone: me.phone, kept: true });
	Socket.set("CONNECTED");
	await listenedTo();
	await sleep(conf.syncMs);
	Socket.synced();
})();
