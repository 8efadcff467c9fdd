// models.js - messages, chats and contacts, and the collections that hold them.

class Msg extends Events {
	constructor(fields) {
		super();
		Object.assign(this, fields);
	}
	serialize() {
		const plain = {};
		for (const [key, value] of Object.entries(this))
			if (!["mediaData", "mediaObject", "blob"].includes(key) && typeof value !== "function" && value !== undefined)
				plain[key] = value;
		const { fromMe, remote, id, _serialized, participant } = this.id;
		plain.id = { fromMe, remote, id, _serialized, ...(participant && { participant }) };
		return plain;
	}
	toJSON() { return this.serialize(); }
	unsafe() { return this; }
	canReply() { return true; }
	msgContextInfo() { return { quotedStanzaID: this.id.id }; }
	avParams() { return {}; }
	async downloadMedia() {
		if (this.mediaData) this.mediaData.mediaStage = "RESOLVED";
	}
}

class Chat extends Events {
	constructor(id, name) {
		super();
		this.list = [];
		Object.assign(this, {
			id, name, formattedTitle: name || `+${id.user}`, unreadCount: 0, t: seconds(), archive: false,
			pin: 0, mute: { expiration: 0 }, muteExpiration: 0,
			msgs: { getModelsArray: () => this.list.slice(), add: (m) => this.list.push(m) },
		});
	}
	serialize() {
		const { id, name, formattedTitle, unreadCount, t, archive, pin, muteExpiration } = this;
		return { id, name, formattedTitle, unreadCount, t, archive, pin, muteExpiration,
			msgs: this.list.map((m) => m.serialize()) };
	}
	toJSON() {
		const { msgs, ...rest } = this.serialize();
		return rest;
	}
}

class Contact extends Events {
	constructor(id, pushname) {
		super();
		Object.assign(this, { id, pushname, isBusiness: false, isEnterprise: false, isContactBlocked: false });
	}
	serialize() {
		return { id: this.id, pushname: this.pushname, type: "in", isBusiness: false };
	}
}

class Collection extends Events {
	constructor() {
		super();
		this.map = new Map();
	}
	get(key) { return this.map.get(String(key?._serialized ?? key)); }
	put(key, value) {
		this.map.set(String(key), value);
		return value;
	}
	getModelsArray() { return [...this.map.values()]; }
	async getMessagesById(ids) { return { messages: ids.map((id) => this.get(id)).filter(Boolean) }; }
	async find(key) { return this.get(key); }
	async update() {}
	remove(key) {
		const value = this.get(key);
		this.map.delete(String(key));
		if (value) this.trigger("remove", value);
	}
}

const Msgs = Object.assign(new Collection(), { modelClass: Msg });
const Chats = new Collection();
const Contacts = new Collection();
const Business = Object.assign(new Collection(), { fetchBizProfile: async () => ({}), find: async () => ({}) });

// A number that begins with 999 stands for one that is not on WhatsApp.
const known = (id) => !/^999/.test(id.user);
const chatOf = (id, name) => {
	const w = wid(id);
	return Chats.get(w) ?? Chats.put(w, new Chat(w, name));
};
Chats.find = async (id) => {
	const w = wid(id);
	if (!known(w)) throw new Error("No LID for user");
	return chatOf(w);
};
Chats._find = Chats.findImpl = Chats.find;
Contacts.find = async (id) => {
	const w = wid(id);
	return Contacts.get(w) ?? Contacts.put(w, new Contact(w));
};
