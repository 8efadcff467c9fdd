// media.js - the little of WhatsApp's media path that sending and fetching a file needs.

class OpaqueData {
	static async createFromData(blob, type) {
		return Object.assign(new OpaqueData(), { blob, type: type || blob.type });
	}
	url() { return URL.createObjectURL(this.blob); }
	formData() { return this.blob; }
	autorelease() {}
}

const hidden = (object, name, value) => Object.defineProperty(object, name, { enumerable: false, value });
const prepared = async (opaque, { asDocument }) => {
	const { blob } = opaque;
	const filehash = base64(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer())));
	const type = asDocument ? "document" : /^(image|video|audio)\//.exec(opaque.type)?.[1] ?? "document";
	const data = { type, mimetype: opaque.type, filehash, size: blob.size, filename: blob.name, isGif: false,
		mediaBlob: opaque, preview: undefined };
	hidden(data, "toJSON", () => {
		const { mimetype, size, filename } = data;
		return { type: data.type, mimetype, filehash, size, filename };
	});
	hidden(data, "set", (more) => Object.assign(data, more));
	return data;
};

const mediaObjects = new Map();
const mediaObject = (filehash) => {
	if (!mediaObjects.has(filehash))
		mediaObjects.set(filehash, { filehash, size: 0, type: "document", contentInfo: {},
			consolidate({ size, type }) { Object.assign(this, { size, type }); } });
	return mediaObjects.get(filehash);
};
const upload = async ({ mediaObject: { filehash } }) => ({
	mediaEntry: { mmsUrl: "https://mmg.whatsapp.net/standin", directPath: `/standin/${hex(8)}`,
		mediaKey: base64(bytes(32)), mediaKeyTimestamp: seconds(), encFilehash: filehash,
		uploadHash: filehash },
});
const download = async ({ directPath }) => {
	const msg = Msgs.getModelsArray().find((m) => m.directPath === directPath);
	if (!msg?.blob) throw Object.assign(new Error("no such media"), { status: 404 });
	return msg.blob.arrayBuffer();
};

const mediaModules = {
	WAWebMediaOpaqueData: OpaqueData,
	WAWebPrepRawMedia: { prepRawMedia: (opaque, how) => ({ waitForPrep: () => prepared(opaque, how) }) },
	WAWebMediaStorage: { getOrCreateMediaObject: mediaObject },
	WAWebMmsMediaTypes: { msgToMediaType: ({ type }) => type, castToV4: (type) => type },
	WAWebMediaDataUtils: { shouldUseMediaCache: () => false },
	WAWebMediaInMemoryBlobCache: { InMemoryMediaBlobCache: { put: nothing } },
	WAWebMediaMmsV4Upload: { uploadMedia: upload, uploadUnencryptedMedia: upload },
	WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt: download } },
};
