//! Where things come from and where they go.

use std::fmt;

use engine::time::Timestamp;

/// A secret as the caller has sealed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealed(***)")
    }
}

/// Whether a destination that fails is being spared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circuit {
    /// How many attempts in a row have failed.
    pub failures: u32,
    /// No attempt before; `None`: it is not being spared.
    pub open_until: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

/// Where things go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its id, unique.
    pub id: String,
    /// What to call it.
    pub name: String,
    /// Which connector.
    pub kind: String,
    /// JSON: the connector's settings.
    pub settings: String,
    /// The connector's secrets; `None` in a change keeps what is there.
    pub secret: Option<Sealed>,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// Whether it is being spared.
    pub circuit: Circuit,
}

/// Where things come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name, unique; records carry it.
    pub name: String,
    /// Which vendor's format.
    pub vendor: String,
    /// Whether wrong input is refused, or taken and kept among the rejects.
    pub is_strict: bool,
    /// JSON: the format's settings.
    pub settings: String,
    /// The format's secrets; `None` in a change keeps what is there.
    pub secret: Option<Sealed>,
    /// When it was made.
    pub created_at: Timestamp,
}
