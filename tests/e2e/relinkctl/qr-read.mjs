// qr-read.mjs - reads a QR code back from what was drawn, by the standard's own rules (ISO/IEC 18004),
// so that a test can say "a camera sees this text".  Level L and byte mode, which relinkctl uses;
// error correction is not needed, since characters have no noise.

// --- from characters to modules (true is dark) ---

const strip = (line) => line.replaceAll(/\x1b\[[0-9;]*m/g, '');

// `inkIsDark`: on colour terminals ink is black; elsewhere it is the light part.
export function modulesOfHalfBlocks(lines, inkIsDark) {
	const rows = [];

	for (const line of lines.map(strip)) {
		const chars = [...line].map((c) => ' ▀▄█'.indexOf(c));

		if (chars.includes(-1)) throw new Error(`not a drawing: ${JSON.stringify(line)}`);
		rows.push(chars.map((c) => ((c & 1) !== 0) === inkIsDark));
		rows.push(chars.map((c) => ((c & 2) !== 0) === inkIsDark));
	}
	return rows;
}

export function modulesOfAscii(lines, inkIsDark) {
	return lines.map((line) =>
		line.match(/../g).map((pair) => {
			if (pair !== '##' && pair !== '  ')
				throw new Error(`not a drawing: ${JSON.stringify(line)}`);
			return (pair === '##') === inkIsDark;
		}),
	);
}

// Two blanks a module, the background says which: as a colour terminal without UTF-8 gets them.
export function modulesOfColours(lines) {
	return lines.map((line) =>
		[...line.matchAll(/\x1b\[[0-9;]*48;5;(16|231)m {2}/g)].map((m) => m[1] === '16'),
	);
}

// --- from modules to text ---

const EC_BYTES = [
	0, 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28,
	30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
];
const BLOCKS = [
	0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13,
	14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25,
];
const LEVEL_L = 1;
const MASKS = [
	(x, y) => (x + y) % 2,
	(x, y) => y % 2,
	(x) => x % 3,
	(x, y) => (x + y) % 3,
	(x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2,
	(x, y) => ((x * y) % 2) + ((x * y) % 3),
	(x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
	(x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

// The code without its rim, and how wide the rim is on each side: {code, rim: [top, right, bottom, left]}.
export function cutRim(rows) {
	const dark = (row) => row.includes(true);
	const top = rows.findIndex(dark),
		bottom = rows.findLastIndex(dark);
	const left = Math.min(...rows.filter(dark).map((r) => r.indexOf(true)));
	const right = Math.max(...rows.filter(dark).map((r) => r.lastIndexOf(true)));

	return {
		code: rows.slice(top, bottom + 1).map((r) => r.slice(left, right + 1)),
		rim: [top, rows[0].length - 1 - right, rows.length - 1 - bottom, left],
	};
}

function alignments(version, size) {
	if (version === 1) return [];
	const n = Math.floor(version / 7) + 2;
	const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (n * 2 - 2)) * 2;
	const places = [6];

	for (let i = n - 2; i >= 0; i--) places.push(size - 7 - step * i);
	return places;
}

// Is this module part of a pattern, not of the data?
function patternMap(version, size) {
	const places = alignments(version, size),
		last = places.length - 1;
	const near = (x, y, i, j) => Math.abs(x - places[i]) <= 2 && Math.abs(y - places[j]) <= 2;

	return (x, y) => {
		if (
			(x < 9 && y < 9) ||
			(x >= size - 8 && y < 9) ||
			(x < 9 && y >= size - 8) ||
			x === 6 ||
			y === 6
		)
			return true;
		if (version >= 7 && ((x >= size - 11 && y < 6) || (y >= size - 11 && x < 6)))
			return true;
		for (let i = 0; i <= last; i++) {
			for (let j = 0; j <= last; j++) {
				const corner =
					(i === 0 && j === 0) ||
					(i === 0 && j === last) ||
					(i === last && j === 0);

				if (!corner && near(x, y, i, j)) return true;
			}
		}
		return false;
	};
}

function readFormat(code) {
	const at = [
		[8, 0],
		[8, 1],
		[8, 2],
		[8, 3],
		[8, 4],
		[8, 5],
		[8, 7],
		[8, 8],
		[7, 8],
		[5, 8],
		[4, 8],
		[3, 8],
		[2, 8],
		[1, 8],
		[0, 8],
	]; // [x, y], lowest bit first
	const bits = at.reduce((n, [x, y], i) => n | (code[y][x] ? 1 << i : 0), 0) ^ 0x5412;

	return { level: bits >> 13, mask: (bits >> 10) & 7 };
}

function readBytes(code, version, mask) {
	const size = code.length,
		isPattern = patternMap(version, size),
		bits = [];

	for (let right = size - 1; right >= 1; right -= 2) {
		if (right === 6) right = 5;
		for (let i = 0; i < size; i++) {
			const up = ((right + 1) & 2) === 0,
				y = up ? size - 1 - i : i;

			for (const x of [right, right - 1]) {
				if (!isPattern(x, y))
					bits.push(code[y][x] !== (MASKS[mask](x, y) === 0) ? 1 : 0);
			}
		}
	}
	const bytes = [];

	for (let i = 0; i + 8 <= bits.length; i += 8)
		bytes.push(parseInt(bits.slice(i, i + 8).join(''), 2));
	return bytes;
}

// Data bytes in order: blocks are interleaved, the later ones one byte longer.
function uninterleave(bytes, version) {
	const n = BLOCKS[version],
		short = Math.floor(bytes.length / n) - EC_BYTES[version];
	const nShort = n - (bytes.length % n);
	const blocks = Array.from({ length: n }, () => []);
	let at = 0;

	for (let i = 0; i <= short; i++) {
		for (let b = 0; b < n; b++) {
			if (i < short || b >= nShort) blocks[b].push(bytes[at++]);
		}
	}
	return blocks.flat();
}

// The text of a code, as bytes; throws when a pattern is not where it belongs.
export function readCode(code) {
	const size = code.length,
		version = (size - 17) / 4;
	const finder = (left, top) => {
		for (let y = 0; y < 7; y++) {
			for (let x = 0; x < 7; x++) {
				const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));

				if (code[top + y][left + x] !== (ring !== 2))
					throw new Error(`no finder pattern at ${left},${top}`);
			}
		}
	};

	if (
		!Number.isInteger(version) ||
		version < 1 ||
		version > 40 ||
		code.some((r) => r.length !== size)
	)
		throw new Error(`no QR code is ${code[0].length} by ${size} modules`);
	finder(0, 0);
	finder(size - 7, 0);
	finder(0, size - 7);
	const { level, mask } = readFormat(code);

	if (level !== LEVEL_L) throw new Error(`level ${level}`);
	const data = uninterleave(readBytes(code, version, mask), version);
	const bits = data.map((b) => b.toString(2).padStart(8, '0')).join('');
	const count = version < 10 ? 8 : 16;

	if (parseInt(bits.slice(0, 4), 2) !== 4) throw new Error(`mode ${bits.slice(0, 4)}`);
	const n = parseInt(bits.slice(4, 4 + count), 2);

	return Buffer.from(
		Array.from({ length: n }, (_, i) =>
			parseInt(bits.slice(4 + count + i * 8, 12 + count + i * 8), 2),
		),
	);
}
