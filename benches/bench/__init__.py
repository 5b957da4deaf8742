"""The measuring half of benches/run; the measured programs are in harness/ and servers.toml."""
