// routes.mjs - what can be asked of the service: the old service's calls, and ours.
//
// README.md has the contract as tables.

import { ApiError, stale } from "./errors.mjs";
import { addHealthRoutes } from "./health.mjs";
import { fetchMedia } from "./media.mjs";

const id = { type: "string", pattern: "^[A-Za-z0-9_-]{1,128}$" };
const name = { type: "string", minLength: 1, maxLength: 128 };
const text = { type: "string", maxLength: 65536 };
const generation = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const object = (properties, required = []) => ({ type: "object", properties, required });

const ACCOUNT = { account_id: name, workspace_id: name, profile: id, generation };
const CREATE = { body: object({ session_id: id, ...ACCOUNT }, ["session_id"]) };
const AGAIN = { params: object({ id }), body: object(ACCOUNT) };
const ONE = { params: object({ id }) };
const PROFILE = { params: object({ profile: id }) };
const FENCE = object({ account_id: name, generation });
const FILE = object({ mimetype: name, data: { type: "string" }, filename: { type: "string", maxLength: 256 } },
	["mimetype", "data"]);
const SEND = {
	body: object({
		session_id: id, recipient_phone: name, message: { anyOf: [text, object({ text })] }, type: name, media: FILE,
		request_id: name,
		media_url: { type: "string", maxLength: 4096 }, caption: text, filename: { type: "string", maxLength: 256 },
	}, ["session_id", "recipient_phone"]),
};

export function addRoutes(app, parts) {
	const { sessions, settings, boot } = parts;
	addHealthRoutes(app, parts);

	const create = (session_id, { account_id, workspace_id, profile, generation: number = 0 }, reply) => {
		if (number > 0 && account_id === undefined)
			throw new ApiError(400, "bad_request", "A generation counts the lives of an account: account_id is missing");
		const { session, fresh } = sessions.create({
			id: session_id, account: account_id ?? null, workspace: workspace_id ?? null,
			profile: profile ?? session_id, generation: number,
		});
		return reply.code(fresh ? 202 : 200).send({ success: true, boot_id: boot, ...session.view() });
	};
	const withMemory = (memory, session) => ({ ...session.view(), memory: memory.get(session.id) ?? null });

	app.post("/api/sessions", { schema: CREATE }, (request, reply) => create(request.body.session_id, request.body, reply));

	app.get("/api/sessions", async () => {
		const memory = await sessions.memory();
		const list = sessions.list().map((session) => withMemory(memory, session));
		return { success: true, boot_id: boot, complete: true, total: list.length, sessions: list };
	});

	for (const path of ["/api/sessions/:id", "/api/sessions/:id/status"])
		app.get(path, { schema: ONE }, async ({ params }) => {
			const session = sessions.find(params.id);
			return { boot_id: boot, ...withMemory(await sessions.memory(), session) };
		});

	app.get("/api/sessions/:id/metadata", { schema: ONE }, async ({ params }) => {
		const { session_id, ...metadata } = sessions.find(params.id).view();
		return { success: true, session_id, boot_id: boot, metadata };
	});

	// The old service's words for: end it, and start it again on its profile.
	for (const verb of ["reconnect", "restore"])
		app.post(`/api/sessions/:id/${verb}`, { schema: AGAIN }, async ({ params, body }, reply) => {
			const old = sessions.list().find((session) => session.id === params.id);
			const who = old ? { account_id: old.account ?? undefined, workspace_id: old.workspace ?? undefined,
				profile: old.profile, ...body } : body;
			if (old?.generation > 0 && !(body.generation > old.generation))
				throw stale(old.generation, "The session has a generation; name a higher one");
			if (old && !(old.generation > 0)) await sessions.stop(params.id);
			return create(params.id, who, reply);
		});

	app.post("/api/sessions/:id/regenerate-qr", { schema: ONE }, async ({ params }) => {
		const session = sessions.find(params.id);
		return { success: true, session_id: session.id, ...await session.renewQr() };
	});

	app.post("/api/sessions/:id/logout", { schema: ONE }, async ({ params }) => {
		await sessions.logout(params.id);
		return { success: true, message: "Logged out at WhatsApp; the profile is deleted" };
	});

	const STOP = { ...ONE, body: FENCE, querystring: FENCE };
	app.delete("/api/sessions/:id", { schema: STOP }, async ({ params, body, query }) => {
		const { account_id: account, generation: number } = { ...query, ...body };
		await sessions.stop(params.id, { account, generation: number });
		return { success: true, message: "Session disconnected successfully" };
	});

	app.get("/api/profiles", async () => {
		const profiles = sessions.profiles();
		return { success: true, total: profiles.length, profiles };
	});
	app.delete("/api/profiles/:profile", { schema: PROFILE }, async ({ params }) => {
		await sessions.deleteProfile(params.profile);
		return { success: true, message: "Profile deleted" };
	});

	for (const verb of ["send", "send-media"])
		app.post(`/api/messages/${verb}`, { schema: SEND, bodyLimit: Math.ceil(settings.mediaLimit * 1.4) + 65536 },
			async ({ body }) => {
				const session = sessions.find(body.session_id);
				const chat = chatOf(body.recipient_phone);
				const words = textOf(body);
				if (!body.media && !body.media_url && !words)
					throw new ApiError(400, "bad_request", "There is nothing to send: message is empty");
				const fetchFile = async () => {
					const media = body.media ?? (body.media_url && await fetchMedia(body.media_url, settings));
					return media && { ...media, filename: body.filename ?? media.filename };
				};
				const message = await session.send(chat, words, { request: body.request_id, fetchFile });
				return { success: true, message_id: message.id._serialized, timestamp: message.timestamp };
			});

	app.get("/api/messages/:id/validate", { schema: ONE }, async ({ params }) => {
		const view = sessions.find(params.id).view();
		const can = view.state === "connected" && view.wa_state === "CONNECTED";
		return { success: true, ...view, can_send: can, is_healthy: can };
	});
}

const textOf = ({ message, caption }) => (typeof message === "string" ? message : message?.text) ?? caption ?? "";

// A phone number in whatever spelling, or a chat id with its server.
function chatOf(recipient) {
	if (/^[\w.-]{1,64}@(c\.us|g\.us|lid|newsletter)$/.test(recipient)) return recipient;
	const digits = recipient.replace(/[\s().+-]/g, "");
	if (!/^\d{5,20}$/.test(digits)) throw new ApiError(400, "bad_request", "Invalid phone number format");
	return `${digits}@c.us`;
}
