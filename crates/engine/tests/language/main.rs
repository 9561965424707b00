//! The language from the outside: what parses, what is refused and how it is said.

#[cfg(test)]
mod documents;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod random;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod sets;
#[cfg(test)]
mod versions;
