// page.mjs - the stand-in page as one HTML text, made of the parts in page/.

import { readFileSync } from "node:fs";

const PARTS = ["basics", "ids", "models", "socket", "login", "messages", "media", "modules", "control"];
const read = (name) => readFileSync(new URL(`page/${name}`, import.meta.url), "utf8");

// control: the address of the control server. version: of WhatsApp Web, as the library asks for it.
export function pageHtml(control, version) {
	const script = PARTS.map((part) => read(`${part}.js`)).join("\n")
		.replace("@CONTROL@", control).replace("@VERSION@", version);
	return read("index.html").replace("/*PARTS*/", () => script);
}
