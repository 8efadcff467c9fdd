// blame.mjs - which session a stray error belongs to.
//
// whatsapp-web.js and puppeteer run asynchronous handlers whose rejections nobody catches: a page that
// loads anew, a browser that dies in the middle. In Node.js such a rejection ends the process, with all
// its sessions. Whatever is asked of an engine runs in its asynchronous context, so the handler of such
// an error finds the engine that is to blame; one session is looked at, the others go on.

import { AsyncLocalStorage } from "node:async_hooks";

export const blame = new AsyncLocalStorage();

// What is nobody's is a bug of ours. A rejection is logged; after an exception nothing can be relied on,
// and `fatal` is called with it.
export function catchStrayErrors(log, fatal) {
	const blamed = (error) => {
		const engine = blame.getStore();
		if (!engine) return false;
		log.debug(`session ${engine.session}: the library failed: ${error?.stack ?? error}`);
		engine.suspect(error);
		return true;
	};
	process.on("unhandledRejection", (error) => blamed(error) || log.error(`a bug: ${error?.stack ?? error}`));
	process.on("uncaughtException", (error) => blamed(error) || fatal(error));
}
