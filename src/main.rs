#![doc = "The `mcpgen` command."]
fn main() {}
