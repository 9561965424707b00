//! What every command that judges a definition by conversions needs: the terms on the command line, the goal, and the
//! lives that the lake holds.

pub mod goal;
pub mod lives;
pub mod probe;
pub mod terms;
