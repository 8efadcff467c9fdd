// messages.js - messages that go out, come in and are acknowledged.

const keep = (msg) => {
	const chat = chatOf(msg.id.remote);
	chat.t = msg.t;
	chat.lastReceivedKey = msg.id;
	chat.msgs.add(msg);
	Msgs.put(msg.id._serialized, msg);
	Msgs.trigger("add", msg);
	return msg;
};
const acknowledge = (msg, level) => {
	msg.ack = level;
	Msgs.trigger("change:ack", msg, level);
	Msgs.trigger("change", msg);
};

// What the library calls to send: two promises, of the message and of WhatsApp's answer.
const sendOut = (chat, fields) => {
	if (conf.sendFails) throw new Error(conf.sendFails);
	const plain = Object.fromEntries(Object.entries(fields)
		.filter(([key, value]) => typeof value !== "function" && key !== "mediaBlob"));
	const msg = new Msg({ ...plain, notifyName: me?.pushname ?? "" });
	const sent = (async () => {
		await sleep(conf.sendMs);
		keep(msg);
		report("sent", { id: msg.id._serialized, to: String(msg.to), body: msg.body, kind: msg.type,
			caption: msg.caption, mimetype: msg.mimetype, size: msg.size });
		for (const [level, ms] of conf.acks) setTimeout(() => acknowledge(msg, level), ms);
		return msg;
	})();
	return [sent, sent.then(() => ({ messageSendResult: "OK" }))];
};

const groupChat = (group, remote, sender) => {
	const chat = chatOf(remote, group.name ?? "Group");
	const participants = (group.participants ?? [me.phone, sender.user])
		.map((user) => ({ id: new Wid(String(user), "c.us"), isAdmin: false, isSuperAdmin: false }));
	chat.groupMetadata ??= {
		announce: false, isLidAddressingMode: false, participants: { _models: participants },
		serialize: () => ({ id: remote, owner: sender, creation: seconds(), participants }),
	};
	return chat;
};

const mediaFields = ({ data, mimetype, filename }, caption) => {
	const raw = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
	return {
		directPath: `/standin/${hex(8)}`, mimetype, filename, size: raw.length, caption,
		mediaKey: base64(bytes(32)), blob: new Blob([raw], { type: mimetype }),
		mediaData: { mediaStage: "RESOLVED" },
	};
};

// A message of somebody else, or with fromMe one that our own phone sent.
const comeIn = ({ from = "15550001111", to, fromMe = false, body = "", type, pushname, group, media, id }) => {
	const sender = new Wid(userOf(from), "c.us");
	const remote = group ? new Wid(userOf(group.id ?? "120363000000000001"), "g.us")
		: fromMe ? new Wid(userOf(to ?? from), "c.us") : sender;
	const participant = group && (fromMe ? myWid() : sender);
	const key = new MsgKey({ fromMe, remote, participant, id: id ?? `3EB0${hex(20)}`.slice(0, fromMe ? 20 : 32) });
	const chat = group ? groupChat(group, remote, sender) : chatOf(remote, pushname);
	if (!fromMe) {
		const contact = Contacts.get(sender) ?? Contacts.put(sender, new Contact(sender));
		contact.pushname = pushname ?? contact.pushname ?? "Someone";
		chat.unreadCount += 1;
	}
	const msg = keep(new Msg({
		id: key, body, type: type ?? (media ? "image" : "chat"), t: seconds(), self: fromMe ? "out" : "in",
		from: fromMe ? myWid() : remote, to: fromMe ? remote : myWid(), ack: fromMe ? 0 : 1,
		notifyName: pushname ?? "", isNewMsg: true, star: false, isForwarded: false,
		...(group && !fromMe && { author: sender }), ...(media && mediaFields(media, body)),
	}));
	if (!fromMe) Chats.trigger("change:unreadCount", chat);
	return msg.id._serialized;
};
