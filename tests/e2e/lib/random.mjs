// random.mjs - chance that can be repeated.

// Numbers from 0 up to 1, the same ones for the same seed everywhere (mulberry32).
export function generator(seed) {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

// RELINK_SEED, or one by chance; a test prints it.
export const anySeed = () => Number(process.env.RELINK_SEED ?? Math.floor(Math.random() * 1e9));
