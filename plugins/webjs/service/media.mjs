// media.mjs - a file that a client wants to send, fetched from the URL that it names.
//
// The service must not become somebody's way into its network: only http and https, no redirects, and
// each address that the name has is looked at when it is connected to, so a name cannot change between
// the look and the use.

import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import path from "node:path";
import { ApiError } from "./errors.mjs";

const FETCH_MS = 30e3;

const ours = new net.BlockList();
for (const range of ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"]) ours.addSubnet(...cidr(range), "ipv4");
for (const range of ["::/128", "::1/128", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8", "2002::/16"])
	ours.addSubnet(...cidr(range), "ipv6");

function cidr(range) {
	const [address, bits] = range.split("/");
	return [address, Number(bits)];
}

// May a file be fetched from this address? Mapped IPv4 addresses count as what they are.
export function isPublic(address) {
	const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
	if (mapped) return isPublic(mapped);
	return !/^::ffff:/i.test(address) && !ours.check(address, net.isIPv6(address) ? "ipv6" : "ipv4");
}

const refused = (sentence) => new ApiError(400, "media_refused", sentence);
const inside = () => refused("media_url names an address that is not public");

const checkedLookup = (name, options, done) => dns.lookup(name, { ...options, all: true }, (error, found) => {
	if (error) return done(error);
	if (!found.every(({ address }) => isPublic(address))) return done(inside());
	return options.all ? done(null, found) : done(null, found[0].address, found[0].family);
});

// Resolves with { mimetype, data (base64), filename }; rejects with an ApiError.
export async function fetchMedia(text, settings) {
	const url = parse(text);
	if (!url || !["http:", "https:"].includes(url.protocol)) throw refused("media_url must be an http or https URL");
	const host = url.hostname.replace(/^\[|\]$/g, "");
	if (!settings.mediaPrivate && net.isIP(host) && !isPublic(host)) throw inside();
	const options = settings.mediaPrivate ? {} : { lookup: checkedLookup };
	try {
		return await get(url, options, settings.mediaLimit);
	} catch (error) {
		throw error instanceof ApiError ? error : refused(`media_url cannot be fetched: ${error.message}`);
	}
}

function parse(text) {
	try {
		return new URL(text);
	} catch {
		return null;
	}
}

function get(url, options, most) {
	return new Promise((done, failed) => {
		const request = (url.protocol === "https:" ? https : http).get(url, { ...options, agent: false });
		const give = (error) => {
			failed(error);
			request.destroy(); // without the error: its connection may have ended, and nobody would catch it
		};
		const timer = setTimeout(() => give(new Error(`not within ${FETCH_MS / 1000} s`)), FETCH_MS);
		request.on("close", () => clearTimeout(timer));
		request.on("error", failed);
		request.on("response", (response) => {
			const parts = [];
			let bytes = 0;
			if (response.statusCode !== 200) return give(refused(`media_url answers ${response.statusCode}`));
			response.on("error", failed);
			response.on("data", (part) => {
				parts.push(part);
				bytes += part.length;
				if (bytes > most) give(refused(`the file is larger than ${most} bytes`));
			});
			response.on("end", () => done({
				mimetype: (response.headers["content-type"] ?? "application/octet-stream").split(";")[0].trim(),
				data: Buffer.concat(parts).toString("base64"),
				filename: nameOf(url),
			}));
			return undefined;
		});
	});
}

function nameOf(url) {
	const name = path.basename(url.pathname);
	try {
		return decodeURIComponent(name) || "file";
	} catch {
		return name; // a percent sign that begins nothing
	}
}
