// ids.js - who (Wid) and which message (MsgKey), in the two forms that the library reads.

class Wid {
	constructor(user, server) {
		Object.assign(this, { server, user, _serialized: `${user}@${server}` });
	}
	toString() { return this._serialized; }
	toJid() { return this._serialized; }
	isLid() { return this.server === "lid"; }
	isGroup() { return this.server === "g.us"; }
	isUser() { return this.server === "c.us" || this.server === "lid"; }
	isStatus() { return this._serialized === "status@broadcast"; }
	isBroadcast() { return this.server === "broadcast"; }
	isNewsletter() { return this.server === "newsletter"; }
	isBot() { return false; }
	equals(other) { return String(other) === this._serialized; }
}

const wid = (from) => {
	if (from instanceof Wid) return from;
	const text = typeof from === "string" ? from : from._serialized;
	const at = text.lastIndexOf("@");
	if (at < 1) throw new Error("wid error: invalid wid");
	return new Wid(text.slice(0, at), text.slice(at + 1));
};
const userOf = (text) => String(text).replace(/@.*/, "");

class MsgKey {
	constructor({ from, to, id, participant, selfDir, fromMe, remote }) {
		this.fromMe = fromMe ?? selfDir === "out";
		this.remote = wid(remote ?? (this.fromMe ? to : from));
		this.id = id;
		if (participant) this.participant = wid(participant);
		this._serialized = [this.fromMe, this.remote, id, ...(participant ? [this.participant] : [])].join("_");
	}
	toString() { return this._serialized; }
	static async newId() {
		return `3EB0${hex(20)}`.slice(0, conf.idLength);
	}
	static fromString(text) {
		const [fromMe, remote, id, participant] = text.split("_");
		return new MsgKey({ fromMe: fromMe === "true", remote, id, participant });
	}
}
