// certificate.mjs - a self-signed certificate for the TLS front, made anew for each run.
//
// Node.js makes keys and signatures but no certificates, and no private key should lie in the tree, so
// the few DER structures are written here. Chromium is told to accept it.

import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const tlv = (tag, ...parts) => {
	const body = Buffer.concat(parts);
	const n = body.length;
	const length = n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255];
	return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts) => tlv(0x30, ...parts);
const oid = (hex) => tlv(0x06, Buffer.from(hex, "hex"));
const time = (date) => tlv(0x17, Buffer.from(date.toISOString().replace(/^..|[-:T]|\..*/g, "") + "Z"));

const ECDSA_SHA256 = sequence(oid("2a8648ce3d040302"));
const COMMON_NAME = "550403";

// A key and a certificate in PEM, good from yesterday for a month.
export function selfSigned(name) {
	const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const who = sequence(tlv(0x31, sequence(oid(COMMON_NAME), tlv(0x0c, Buffer.from(name)))));
	const day = 24 * 3600 * 1000;
	const content = sequence(
		tlv(0xa0, tlv(0x02, Buffer.from([2]))),                   // version 3
		tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number, positive
		ECDSA_SHA256, who,
		sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 30 * day))),
		who, publicKey.export({ type: "spki", format: "der" }));
	const key = privateKey.export({ type: "pkcs8", format: "pem" });
	const signature = sign("sha256", content, createPrivateKey(key));
	const der = sequence(content, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature));
	const cert = `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
	return { key, cert };
}
