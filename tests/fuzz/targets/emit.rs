//! `emit` of `tests/properties`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| mcpgen_fuzz::holds("emit", input));
