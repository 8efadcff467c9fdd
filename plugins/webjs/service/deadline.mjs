// deadline.mjs - nothing that is asked of a browser may be waited for without an end.

// A deadline passed: whether the thing happened is not known.
export class Late extends Error {}

// Settles as `promise` does, or rejects with Late after `ms`. What comes later is dropped.
export function within(ms, what, promise) {
	return new Promise((done, failed) => {
		const timer = setTimeout(() => failed(new Late(`${what} took longer than ${ms / 1000} s`)), ms);
		Promise.resolve(promise).then(done, failed).finally(() => clearTimeout(timer));
	});
}
