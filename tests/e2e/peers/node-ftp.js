// node-ftp.js ADDRESS PORT USER PASSWORD COUNT: uploads one right after the other, then all are
// fetched. A data connection that is still open when the 226 comes spoils this client's next file.
const Client = require("ftp");
const [address, port, user, password, count] = process.argv.slice(2);
const client = new Client();

const fail = (why) => { console.log("failed: " + why); process.exit(1); };
const promised = (start) => new Promise((yes, no) =>
	start((why, result) => why ? no(why) : yes(result)));

async function fetch(name) {
	const stream = await promised((done) => client.get(name, done));
	let got = "";
	for await (const part of stream) got += part;
	return got;
}

async function main() {
	for (let n = 0; n < count; n++)
		await promised((done) => client.put(Buffer.from("x".repeat(20 * n) + n), "node-" + n, done));
	for (let n = 0; n < count; n++) {
		const got = await fetch("node-" + n);
		if (got !== "x".repeat(20 * n) + n) fail("file " + n + ": " + got.length + " bytes");
	}
	const names = (await promised((done) => client.list(done))).map((file) => file.name);
	if (!names.includes("node-1")) fail("not in the list");
	client.on("end", () => { console.log("done"); process.exit(0); });
	client.end();
}

client.on("error", fail);
client.on("ready", () => main().catch(fail));
client.connect({ host: address, port: Number(port), user, password, connTimeout: 20000, pasvTimeout: 20000 });
