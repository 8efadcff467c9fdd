// api.js - requests to the daemon.  The cookie goes along by itself; the header says that a page of ours
// asks, which no other page can say.

export class Problem extends Error {
	constructor(status, body) {
		super(body?.detail ?? (status === 0 ? "Relink does not answer. It may be restarting." : `The answer was ${status}.`));
		this.status = status;
		this.code = body?.code ?? "";
	}
}

let onLoggedOut = () => {};
export const whenLoggedOut = (fn) => (onLoggedOut = fn);

async function send(method, path, { body, headers, signal } = {}) {
	try {
		return await fetch(path, {
			method, signal, credentials: "same-origin", redirect: "error",
			headers: {
				"X-Relink-Request": "dashboard", ...headers,
				...(body === undefined ? {} : { "Content-Type": "application/json" }),
			},
			body: body === undefined ? undefined : JSON.stringify(body),
		});
	} catch (e) {
		if (e.name === "AbortError") throw e;
		throw new Problem(0);
	}
}

async function answer(method, path, options) {
	const response = await send(method, path, options);
	if (response.ok) return response;
	const problem = new Problem(response.status, await response.json().catch(() => undefined));
	if (response.status === 401 && !(method === "POST" && path === "/v1/session")) onLoggedOut(problem);
	throw problem;
}

// The JSON of an answer; undefined where there is none.
async function json(method, path, options) {
	const response = await answer(method, path, options);
	return response.status === 204 ? undefined : response.json();
}

export const get = (path, signal) => json("GET", path, { signal });
export const post = (path, body, headers) => json("POST", path, { body, headers });
export const remove = (path) => json("DELETE", path);
export const text = async (path) => (await answer("GET", path)).text();

// path("/v1/accounts", { status: "failed", q: "" }): what is empty is left out.
export function query(path, parameters) {
	const words = new URLSearchParams(Object.entries(parameters).filter(([, v]) => v !== "" && v !== null && v !== undefined));
	return words.size === 0 ? path : `${path}?${words}`;
}
export const accountPath = (id, rest = "") => `/v1/accounts/${encodeURIComponent(id)}${rest}`;
