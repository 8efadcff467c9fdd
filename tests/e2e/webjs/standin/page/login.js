// login.js - who is logged in, the codes that lead there, and the way out.
//
// A login is kept in IndexedDB, thus in the browser's profile, as WhatsApp keeps its keys: so a new
// browser on the old profile logs in by itself, and one on a new profile shows a code.

let me = null; // { phone, pushname, platform, noWid }
const myWid = () => (me && !me.noWid ? new Wid(me.phone, "c.us") : undefined);

const inProfile = (mode, act) => new Promise((done, failed) => {
	const opening = indexedDB.open("standin", 1);
	opening.onupgradeneeded = () => opening.result.createObjectStore("kv");
	opening.onerror = () => failed(opening.error);
	opening.onsuccess = () => {
		const db = opening.result;
		const change = db.transaction("kv", mode, { durability: "strict" });
		const asked = act(change.objectStore("kv"));
		change.oncomplete = () => { db.close(); done(asked.result); };
		change.onerror = () => { db.close(); failed(change.error); };
	};
});
const remembered = () => inProfile("readonly", (kv) => kv.get("me"));
const remember = (who) => inProfile("readwrite", (kv) => kv.put(who, "me"));
const forget = () => inProfile("readwrite", (kv) => kv.delete("me"));

const become = (who) => {
	me = who;
	Conn.pushname = who.pushname;
	Conn.platform = who.platform;
};

// ---- codes
const keys = { noise: bytes(32), identity: bytes(32), adv: base64(bytes(32)) };
let codes = 0, codeTimer;
const nextCode = () => {
	clearTimeout(codeTimer);
	if (me) return;
	if (conf.qrMax && codes >= conf.qrMax) {
		report("idle", { codes });
		Socket.set("UNPAIRED_IDLE");
		return;
	}
	codes += 1;
	Conn.ref = `2@${base64(bytes(66))}`;
	const qr = [Conn.ref, base64(keys.noise), base64(keys.identity), keys.adv, "1"].join(",");
	report("qr", { n: codes, qr });
	Conn.trigger("change:ref", Conn, Conn.ref);
	codeTimer = setTimeout(nextCode, codes === 1 ? conf.qrFirstMs : conf.qrMs);
};

// The library looks for hasSynced only once it has injected itself, and misses what came before.
const listenedTo = async () => {
	await Socket.listener("change:hasSynced");
};

// ---- in: the phone scans. remember false: the login dies with the page; ready false: the page's
// modules break, so that the library never gets past "authenticated"; early: the library misses it,
// as if it had begun to listen too late.
const logIn = async ({ phone = "15557654321", pushname = "Stand-in", platform = "android", noWid = false,
	remember: keep = true, ready = true, early = false, pairMs = conf.pairMs, syncMs = conf.syncMs }) => {
	await listenedTo();
	if (me) throw new Error(`already logged in as ${me.phone}`);
	clearTimeout(codeTimer);
	become({ phone: String(phone), pushname, platform, noWid });
	if (keep) await remember(me);
	modulesBroken = !ready;
	Socket.set("PAIRING");
	await sleep(pairMs / 2);
	Socket.set("OPENING");
	await sleep(pairMs / 2);
	Socket.set("CONNECTED");
	await sleep(syncMs);
	if (early) Socket.hasSynced = true;
	else Socket.synced();
	report("login", { phone: me.phone });
	return { phone: me.phone };
};

// ---- out: unlinked, by the phone or by the library. The page tells the library and loads anew.
const logOut = async (why, url = location.origin + "/") => {
	report("logout", { why });
	await forget();
	me = null;
	Cmd.trigger("logout");
	Cmd.trigger("logout_from_bridge");
	setTimeout(() => location.replace(url), 100);
};
