// metrics.mjs - what GET /metrics says, read strictly.

// [{ name, labels, value }], and the type and help of each metric; throws for what is not a line of the format.
export function read(text) {
	const samples = [], types = new Map();
	for (const line of text.split("\n")) {
		if (line === "" || line.startsWith("# HELP ")) continue;
		const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
		if (type !== null) {
			if (types.has(type[1])) throw new Error(`${type[1]} stands in two places`);
			types.set(type[1], type[2]);
			continue;
		}
		const found = /^([a-z_]+)(?:\{(.*)\})? (\d+(?:\.\d+)?)$/.exec(line);
		if (found === null) throw new Error(`this is no sample: ${line}`);
		const labels = {};
		let rest = found[2] ?? "";
		while (rest !== "") {
			const pair = /^([a-z_]+)="((?:[^"\\]|\\.)*)",?/.exec(rest);
			if (pair === null) throw new Error(`these are no labels: ${line}`);
			labels[pair[1]] = pair[2];
			rest = rest.slice(pair[0].length);
		}
		samples.push({ name: found[1], labels, value: Number(found[3]) });
	}
	return { samples, types };
}

const fits = (labels, wanted) => Object.entries(wanted).every(([name, value]) => labels[name] === value);

export class Figures {
	constructor(text) {
		Object.assign(this, read(text), { text });
	}

	// The sum over all series that have these labels; undefined when there is none.
	of(name, labels = {}) {
		const found = this.samples.filter((s) => s.name === name && fits(s.labels, labels));
		return found.length === 0 ? undefined : found.reduce((sum, s) => sum + s.value, 0);
	}
}

export async function scrape(d, headers) {
	const answer = await d.request("GET", "/metrics", undefined, headers);
	if (answer.status !== 200) throw new Error(`GET /metrics: ${answer.status}`);
	return new Figures(answer.body);
}
