//! The language from the outside: what parses, what is refused and how it is said.

mod errors;
mod forms;
