// The page behind a link: asks how it goes, shows it, counts down, and renews the code while somebody looks.
// Without this script the browser asks for the whole page again and again instead.
"use strict";
(() => {
	const LOOK_MS = 1500, RENEWALS = 3; // then a click says that somebody is still there
	const at = (id) => document.getElementById(id);
	const page = at("page"), here = location.pathname;
	let shown = null, renewals = 0, timer = 0, since = 0, last = null;

	function count() {
		const gone = performance.now() - since;
		const seconds = (ms) => Math.max(0, Math.ceil((ms - gone) / 1000));
		const clock = (s) => s < 90 ? `${s} seconds` : `${Math.round(s / 60)} minutes`;
		let text = "";
		if (last !== null && last.state === "code") {
			if (last.next_code_in_ms !== null) text = `A new code follows in ${clock(seconds(last.next_code_in_ms))}.`;
			if (last.over_in_ms !== null) text += ` Codes are shown for ${clock(seconds(last.over_in_ms))} more.`;
		}
		at("count").textContent = text.trim();
	}

	function show(s) {
		last = s;
		since = performance.now();
		if (page.dataset.state !== s.state) { // only a change is read out
			page.dataset.state = s.state;
			document.title = s.title;
			at("title").textContent = s.title;
			at("text").textContent = s.text;
		}
		const code = at("code");
		if (s.code !== null && s.code !== shown) code.src = `${here}/code.svg?n=${s.code}`;
		shown = s.code;
		code.hidden = at("steps").hidden = s.state !== "code";
		const renews = s.renews && renewals < RENEWALS;
		at("button").textContent = s.button;
		at("form").hidden = s.button === "" || renews;
		if (s.state === "connected" && at("label")) at("label").hidden = true;
		count();
		return renews;
	}

	async function look() {
		clearTimeout(timer);
		if (document.hidden) return; // who comes back looks at once
		try {
			const s = await (await fetch(`${here}/state`, { cache: "no-store" })).json();
			if (show(s)) {
				renewals++;
				await fetch(here, { method: "POST", redirect: "manual" });
			}
			if (!s.live) return;
		} catch {
			at("count").textContent = "There is no connection. It is tried again.";
		}
		timer = setTimeout(look, LOOK_MS);
	}

	document.addEventListener("visibilitychange", look);
	setInterval(count, 1000);
	look();
})();
