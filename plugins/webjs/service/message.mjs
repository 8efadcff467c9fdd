// message.mjs - a message of the library as clients get it: in the old service's form.
//
// Nothing here asks the page for more, so that an event costs no call and keeps its place in the order.
// What would need one is left out: a group's name and its participants.

export function describe(message) {
	const { from, to, body, timestamp, fromMe, type, hasMedia } = message;
	const chat = fromMe ? to : from;
	const group = chat.endsWith("@g.us");
	return {
		id: message.id._serialized, from, to, body, timestamp, from_me: fromMe, type, has_media: hasMedia,
		chat_type: group ? "group" : chat.endsWith("@broadcast") ? "broadcast" : "private",
		...(!fromMe && { sender_name: message._data.notifyName || null }),
		...(group && { group_id: chat, sender_phone: fromMe ? null : (message.author ?? "").replace(/@.*/, "") }),
	};
}

// The levels of an acknowledgement, by their real meaning (the old service's words were one too low).
export const ackWord = (level) => ({ "-1": "error", 0: "pending", 1: "sent", 2: "delivered", 3: "read", 4: "played" })[level];

export const fileOf = (message) => ({
	mimetype: message._data.mimetype ?? null, filename: message._data.filename ?? null, size: message._data.size ?? null,
});
