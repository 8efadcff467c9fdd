// server.mjs - the HTTP server: keys, errors and limits; what can be asked is in routes.mjs.
//
// A key comes in X-API-Key or as a bearer token; from clients of the old service also as api_key in the
// body, or in the query of a GET. No URL is ever logged, since it may hold one.

import Fastify from "fastify";
import { ApiError } from "./errors.mjs";
import { addRoutes } from "./routes.mjs";
import { same } from "./signature.mjs";

const BODY_BYTES = 64 * 1024;
const REQUEST_MS = 30e3;

const WRONG_KEY = new ApiError(401, "unauthorized", "Invalid API key");

const keyInHeader = ({ headers }) =>
	headers["x-api-key"] ?? /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];

// parts: { settings, boot, log, sessions, chromium, webhooks }.
export function makeServer(parts) {
	const { settings, log } = parts;
	const app = Fastify({
		logger: false, bodyLimit: BODY_BYTES, requestTimeout: REQUEST_MS, forceCloseConnections: true,
		exposeHeadRoutes: false, ajv: { customOptions: { removeAdditional: false, useDefaults: false } },
	});
	const parse = app.getDefaultJsonParser("error", "error");
	app.removeContentTypeParser("text/plain");
	app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) =>
		body === "" ? done(null, {}) : parse(request, body, done));

	// Who brings no key in a header is not allowed to make us read much.
	app.addHook("onRequest", async (request) => {
		if (request.routeOptions.config.open || same(keyInHeader(request), settings.apiKey)) return;
		const large = !(Number(request.headers["content-length"] ?? 0) <= BODY_BYTES);
		if (keyInHeader(request) !== undefined || large || request.headers["transfer-encoding"]) throw WRONG_KEY;
	});
	app.addHook("preValidation", async (request) => {
		if (request.routeOptions.config.open) return;
		const key = keyInHeader(request) ?? request.body?.api_key ?? (request.method === "GET" ? request.query.api_key : undefined);
		if (!same(key, settings.apiKey)) throw WRONG_KEY;
		request.body ??= {};
	});
	app.setNotFoundHandler(async () => {
		throw new ApiError(404, "no_such_route", "Endpoint not found");
	});
	app.setErrorHandler(async (error, request, reply) => {
		if (error instanceof ApiError) return reply.code(error.status).send(error.body);
		if (error.validation || (error.statusCode >= 400 && error.statusCode < 500))
			return reply.code(error.statusCode ?? 400).send({ error: error.message, code: "bad_request" });
		log.error(`a request failed: ${error.stack}`);
		return reply.code(500).send({ error: "Internal error; the log of the service says more", code: "internal" });
	});
	addRoutes(app, parts);
	return app;
}
