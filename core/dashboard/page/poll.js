// poll.js - for what tells no events: looked at every few seconds while the page is seen.

export function poll(work, every) {
	let timer, over = false;
	const run = async () => {
		clearTimeout(timer);
		if (!document.hidden) await work();
		if (!over) timer = setTimeout(run, every);
	};
	const onSeen = () => !document.hidden && run();
	document.addEventListener("visibilitychange", onSeen);
	run();
	return {
		now: run,
		end() {
			over = true;
			clearTimeout(timer);
			document.removeEventListener("visibilitychange", onSeen);
		},
	};
}
