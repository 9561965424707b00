//! The `brix` command.
fn main() {}
