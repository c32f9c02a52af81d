// basic-ftp.js ADDRESS PORT USER PASSWORD COUNT: files up and down, a listing.
const { Client } = require("basic-ftp");
const { Readable, Writable } = require("stream");
const [address, port, user, password, count] = process.argv.slice(2);

class Sink extends Writable {
	constructor() { super(); this.parts = []; }
	_write(part, _, done) { this.parts.push(part); done(); }
}

async function main() {
	const client = new Client(20000);
	await client.access({ host: address, port: Number(port), user, password });
	for (let n = 0; n < count; n++) {
		await client.uploadFrom(Readable.from(["file " + n]), "basic-" + n);
		const sink = new Sink();
		await client.downloadTo(sink, "basic-" + n);
		const got = Buffer.concat(sink.parts).toString();
		if (got !== "file " + n) throw new Error("file " + n + ": " + got);
		if (n % 5 === 0 && await client.size("basic-" + n) !== got.length) throw new Error("size");
	}
	const names = (await client.list()).map((file) => file.name);
	for (let n = 0; n < count; n++)
		if (!names.includes("basic-" + n)) throw new Error("not in the list: " + n);
	client.close();
	console.log("done");
}

main().catch((why) => { console.log("failed: " + why); process.exit(1); });
