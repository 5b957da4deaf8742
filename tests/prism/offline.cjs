// Loaded into Prism: no name is looked up but this machine's own, so that neither a callback nor a `$ref` leaves it.
const dns = require("node:dns");
const { lookup } = dns;
dns.lookup = (name, options, done) => {
  if (name === "localhost" || require("node:net").isIP(name)) return lookup(name, options, done);
  const answer = done ?? options;
  process.nextTick(answer, Object.assign(new Error(`${name}: offline`), { code: "ENOTFOUND" }));
};
