//! The listings of `brix qualify` and `brix explain`.
