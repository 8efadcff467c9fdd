// GET qr as a picture and as characters: each is read back as a camera would, and says what the raw text says.
import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { describe, test } from "node:test";
import http from "node:http";
import { crc32 } from "../lib/crc32.mjs";
import { withDaemon } from "../lib/daemon.mjs";
import { cutRim, modulesOfHalfBlocks, readCode } from "../relinkctl/qr-read.mjs";

// An answer as bytes.
function fetchRaw(d, url, headers = {}) {
	return new Promise((done, failed) => {
		http.get({ host: "127.0.0.1", port: d.port, path: url, agent: false,
			headers: { Authorization: `Bearer ${d.key}`, ...headers } }, (answer) => {
			const parts = [];
			answer.on("data", (p) => parts.push(p));
			answer.on("end", () => done({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
		}).on("error", failed);
	});
}

// --- pictures to modules, rim and all ---

// Every pixel of a PNG as its own standard has it: {side, rows} with true for dark.
function pixelsOfPng(png) {
	const parts = {};
	assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
	for (let at = 8; at < png.length;) {
		const n = png.readUInt32BE(at), type = png.toString("latin1", at + 4, at + 8);
		assert.equal(crc32(png.subarray(at + 4, at + 8 + n)), png.readUInt32BE(at + 8 + n), `CRC of ${type}`);
		parts[type] = png.subarray(at + 8, at + 8 + n);
		at += 12 + n;
	}
	const side = parts.IHDR.readUInt32BE(0), row = Math.ceil(side / 8) + 1;
	assert.deepEqual([...parts.IHDR.subarray(4)], [...parts.IHDR.subarray(0, 4), 1, 0, 0, 0, 0], "square, one bit, grey");
	const bytes = inflateSync(parts.IDAT);
	assert.equal(bytes.length, row * side);
	assert.equal(parts.IEND.length, 0);
	return Array.from({ length: side }, (_, y) => {
		assert.equal(bytes[y * row], 0, "no filter");
		return Array.from({ length: side }, (_, x) => (bytes[y * row + 1 + (x >> 3)] >> (7 - (x & 7)) & 1) === 0);
	});
}

// One module for each square of pixels, which must be all of one kind.
function modulesOfPng(png) {
	const pixels = pixelsOfPng(png), { rim } = cutRim(pixels), side = pixels.length;
	const scale = rim[0] / 4;
	assert.ok(Number.isInteger(scale) && scale >= 1 && side % scale === 0, `rim ${rim} of ${side} pixels`);
	const rows = Array.from({ length: side / scale }, (_, y) => Array.from({ length: side / scale }, (_, x) => pixels[y * scale][x * scale]));
	for (let y = 0; y < side; y++)
		for (let x = 0; x < side; x++)
			if (pixels[y][x] !== rows[Math.floor(y / scale)][Math.floor(x / scale)]) assert.fail(`a module is torn at ${x},${y}`);
	return rows;
}

// The paths are what they are drawn of: a square of white and black strips, one module high.
function modulesOfSvg(svg) {
	const [, width, height, w, h] = /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="(\d+)" height="(\d+)" viewBox="0 0 (\d+) (\d+)" shape-rendering="crispEdges" /.exec(svg);
	const [, ground, ink] = /<path fill="#fff" d="([^"]*)"\/>\n<path fill="#000" d="([^"]*)"\/>\n<\/svg>\n$/.exec(svg);
	assert.equal(width, height);
	assert.equal(w, h);
	assert.equal(ground, `M0 0h${w}v${h}H0z`);
	const rows = Array.from({ length: h }, () => Array(Number(w)).fill(false));
	let strips = 0;
	for (const [, x, y, n, back] of ink.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
		assert.equal(n, back);
		for (let i = 0; i < n; i++) rows[y][Number(x) + i] = true;
		strips++;
	}
	assert.equal(strips, ink.split("M").length - 1, "a strip of another shape");
	return { rows, size: Number(width) };
}

function says(rows, text, where) {
	const { code, rim } = cutRim(rows);
	assert.equal(readCode(code).toString(), text, where);
	// a drawing of half blocks may have one row more below
	assert.ok(rim.slice(0, 2).every((r) => r === 4) && rim[3] === 4 && (rim[2] === 4 || (rim[2] === 5 && /text/.test(where))), `${where}: rim ${rim}`);
}

const path = (id, more) => `/v1/accounts/${id}/qr${more}`;

describe("QR pictures", { concurrency: 2, timeout: 120000 }, () => {
	test("each format says what the raw text says, of short texts and the longest", () => withDaemon({ policy: { qr_deadline: "5m" } }, async (d) => {
		// around the sizes where codes grow, where a length takes two bytes, and what a plugin can give at most
		const lengths = [0, 78, 79, 230, 231, 858, 2047, 2048];
		for (const n of lengths) {
			const id = `n-${n}`;
			await d.ok("POST", "/v1/accounts", { provider: "mock", id, metadata: { mock: { qr_bytes: n, qr_refresh: 0 } } });
			await d.ok("POST", `/v1/accounts/${id}/connect`);
		}
		for (const n of lengths) {
			const id = `n-${n}`;
			const raw = JSON.parse((await fetchRaw(d, path(id, "?format=json"), { Prefer: "wait=20" })).bytes);
			assert.ok(n === 0 || raw.code.length === n, `${id}: ${raw.code.length}`);
			const text = await fetchRaw(d, path(id, "?format=text"));
			assert.equal(text.headers["content-type"], "text/plain; charset=utf-8");
			says(modulesOfHalfBlocks(text.bytes.toString().trimEnd().split("\n"), false), raw.code, `text of ${n}`);
			for (const size of n === 2048 ? [256, 1024] : [64, 300]) {
				const svg = await fetchRaw(d, path(id, `?format=svg&size=${size}`));
				assert.equal(svg.headers["content-type"], "image/svg+xml; charset=utf-8");
				const drawn = modulesOfSvg(svg.bytes.toString());
				assert.equal(drawn.size, size);
				says(drawn.rows, raw.code, `svg of ${n}`);
				const png = await fetchRaw(d, path(id, `?format=png&size=${size}`));
				assert.equal(png.headers["content-type"], "image/png");
				says(modulesOfPng(png.bytes), raw.code, `png of ${n}`);
				const side = pixelsOfPng(png.bytes).length;
				assert.ok(side >= size && side < size + drawn.rows.length, `${side} pixels for ${size}`);
			}
		}
	}));

	test("Accept chooses, format counts first, and what is no format or size is refused", () => withDaemon({}, async (d) => {
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "a", connect: true });
		const svgOf = (more, headers) => fetchRaw(d, path("a", more), headers);
		const first = await svgOf("", { Accept: "image/svg+xml", Prefer: "wait=20" });
		assert.equal(first.status, 200);
		assert.equal(first.headers["preference-applied"], "wait=20");
		modulesOfSvg(first.bytes.toString());
		for (const [accept, more, type] of [
			[undefined, "", "application/json; charset=utf-8"],
			["*/*", "", "application/json; charset=utf-8"],
			["image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", "", "image/svg+xml; charset=utf-8"],
			["image/png", "", "image/png"],
			["text/plain", "", "text/plain; charset=utf-8"],
			["image/png", "?format=text", "text/plain; charset=utf-8"],
			["image/png", "?format=json", "application/json; charset=utf-8"],
		]) {
			const answer = await svgOf(more, accept === undefined ? {} : { Accept: accept });
			assert.equal(answer.headers["content-type"], type, `${accept} ${more}`);
			assert.equal(answer.headers["cache-control"], "no-store");
		}
		assert.equal(modulesOfSvg((await svgOf("?format=svg")).bytes.toString()).size, 256);
		for (const more of ["?format=gif", "?format=", "?format=SVG", "?size=63", "?size=1025", "?size=-1", "?size=", "?size=1e3", "?format=png&size=99999999999999999999"]) {
			const answer = await svgOf(more);
			assert.equal(answer.status, 400, more);
			assert.equal(JSON.parse(answer.bytes).code, "invalid_field", more);
		}
		await d.ok("POST", "/v1/accounts", { provider: "mock", id: "none" });
		for (const format of ["json", "svg", "png", "text"]) {
			const answer = await fetchRaw(d, path("none", `?format=${format}`), { Accept: "image/png" });
			assert.equal(answer.status, 404);
			assert.equal(JSON.parse(answer.bytes).code, "no_qr");
		}
		const { key } = await d.ok("POST", "/v1/keys", { role: "viewer" });
		assert.equal((await svgOf("?format=svg", { Authorization: `Bearer ${key}` })).status, 403, "a picture of a login is a login");
	}));
});
