// errors.mjs - what a client is told when something cannot be done.
//
// The answer is {"error": sentence, "code": word, ...more}. The sentence is for people; a program looks
// at the code, which never changes its meaning.

export class ApiError extends Error {
	constructor(status, code, sentence, more = {}) {
		super(sentence);
		Object.assign(this, { status, code, more });
	}
	get body() {
		return { error: this.message, code: this.code, ...this.more };
	}
}

// "Session not found" is the old service's text, and clients look for it.
export const noSession = () => new ApiError(404, "gone", "Session not found");
export const stale = (highest, sentence) => new ApiError(409, "stale", sentence, { generation: highest });
