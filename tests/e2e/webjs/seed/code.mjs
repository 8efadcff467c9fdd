// code.mjs - a QR code as the old service shows it: a PNG in a data URL.
//
// One symbol is enough for a test: version 5, level L, mask 0, up to 106 bytes.

import { deflateSync } from "node:zlib";
import { crc32 } from "../../lib/crc32.mjs";

const SIDE = 37, DATA = 108, CHECK = 26, QUIET = 4, SCALE = 5;

const exp = [], log = [];
for (let i = 0, x = 1; i < 255; i++) {
	exp[i] = exp[i + 255] = x;
	log[x] = i;
	x = x << 1 ^ (x & 128 ? 0x11d : 0);
}
const times = (a, b) => a && b ? exp[log[a] + log[b]] : 0;

function codewords(text) {
	const bytes = Buffer.from(text);
	let bits = "0100" + bytes.length.toString(2).padStart(8, "0") + [...bytes].map((b) => b.toString(2).padStart(8, "0")).join("") + "0000";
	if (bytes.length > DATA - 2) throw new Error("too long for this code");
	bits = bits.slice(0, DATA * 8).padEnd(Math.ceil(bits.length / 8) * 8, "0");
	const words = bits.match(/.{8}/g).map((w) => parseInt(w, 2));
	for (let i = 0; words.length < DATA; i++) words.push(i % 2 ? 0x11 : 0xec);
	let generator = [1];
	for (let i = 0; i < CHECK; i++)
		generator = [...generator, 0].map((g, k) => g ^ times(k > 0 ? generator[k - 1] : 0, exp[i]));
	const rest = [...words, ...Array(CHECK).fill(0)];
	for (let i = 0; i < DATA; i++) {
		const lead = rest[i];
		generator.forEach((g, k) => (rest[i + k] ^= times(g, lead)));
	}
	return [...words, ...rest.slice(DATA)];
}

function symbol(text) {
	const dark = Array.from({ length: SIDE }, () => Array(SIDE).fill(undefined));
	const set = (x, y, v) => x >= 0 && y >= 0 && x < SIDE && y < SIDE && (dark[y][x] = Boolean(v));
	const square = (cx, cy, reach, isDark) => {
		for (let dy = -reach; dy <= reach; dy++)
			for (let dx = -reach; dx <= reach; dx++) set(cx + dx, cy + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))));
	};
	for (let i = 0; i < SIDE; i++) {
		set(6, i, i % 2 === 0);
		set(i, 6, i % 2 === 0);
	}
	for (const [x, y] of [[3, 3], [SIDE - 4, 3], [3, SIDE - 4]]) square(x, y, 4, (d) => d !== 2 && d !== 4);
	square(30, 30, 2, (d) => d !== 1);
	const format = 0b111011111000100; // level L, mask 0
	for (let i = 0; i < 15; i++) {
		const bit = format >> i & 1;
		set(8, i < 6 ? i : i < 8 ? i + 1 : SIDE - 15 + i, bit);
		set(i < 8 ? SIDE - 1 - i : i === 8 ? 7 : 14 - i, 8, bit);
	}
	set(8, SIDE - 8, 1);
	const bits = codewords(text).flatMap((w) => Array.from({ length: 8 }, (_, i) => w >> (7 - i) & 1));
	let up = true;
	for (let right = SIDE - 1; right > 0; right -= 2, up = !up) {
		if (right === 6) right = 5;
		for (let i = 0; i < SIDE; i++) {
			const y = up ? SIDE - 1 - i : i;
			for (const x of [right, right - 1])
				if (dark[y][x] === undefined) dark[y][x] = Boolean((bits.shift() ?? 0) ^ ((x + y) % 2 === 0));
		}
	}
	return dark;
}

function chunk(type, data) {
	const body = Buffer.concat([Buffer.from(type), data]), out = Buffer.alloc(body.length + 8);
	out.writeUInt32BE(data.length);
	body.copy(out, 4);
	out.writeUInt32BE(crc32(body), body.length + 4);
	return out;
}

export function picture(text) {
	const modules = symbol(text), side = (SIDE + 2 * QUIET) * SCALE, rows = [];
	for (let y = 0; y < side; y++) {
		const row = Buffer.alloc(side + 1, 255);
		row[0] = 0;
		for (let x = 0; x < side; x++)
			if (modules[Math.floor(y / SCALE) - QUIET]?.[Math.floor(x / SCALE) - QUIET]) row[x + 1] = 0;
		rows.push(row);
	}
	const head = Buffer.alloc(13);
	head.writeUInt32BE(side);
	head.writeUInt32BE(side, 4);
	head[8] = 8; // bits, grey
	const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(rows))), chunk("IEND", Buffer.alloc(0))]);
	return `data:image/png;base64,${png.toString("base64")}`;
}
