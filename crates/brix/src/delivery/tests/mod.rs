//! Delivery against real receivers on this machine: well, ill, and hostile ones.

mod faults;
mod giving_up;
mod office;
mod private;
mod receiver;
mod side_by_side;
