// features.js - what this daemon's API has, as its own description says.

import { get } from "./api.js";

let paths = {};

export async function learn() {
	paths = (await get("/openapi.json")).paths;
}
export const hasRoute = (path) => path in paths;
export const hasParameter = (path, name) =>
	(paths[path]?.get?.parameters ?? []).some((p) => p.in === "query" && p.name === name);
