//! The body of a request, read within its limit and within the room that all bodies share.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room is counted in pieces of so many bytes.
const PIECE: usize = 1 << 10;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than it may be.
    TooLarge,
    /// Too many bodies are being read.
    NoRoom,
    /// The sender went away.
    CutOff,
}

/// The memory that all bodies share, as long as they are looked at.
pub struct Room(Arc<Semaphore>);

/// A body, and the room it takes as long as this lives.
pub struct Held {
    /// The body.
    pub bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// So many bytes.
    pub fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / PIECE).clamp(1, Semaphore::MAX_PERMITS))))
    }

    /// Reads a body of at most so many bytes.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub async fn read(&self, mut body: Body, most: usize) -> Result<Held, BodyError> {
        if body.size_hint().lower() > most as u64 {
            return Err(BodyError::TooLarge);
        }
        let mut held = Held { bytes: Vec::new(), room: None };
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| BodyError::CutOff)?.into_data() else { continue };
            if held.bytes.len() + piece.len() > most {
                return Err(BodyError::TooLarge);
            }
            self.grow(&mut held, piece.len())?;
            held.bytes.extend_from_slice(&piece);
        }
        Ok(held)
    }

    /// The body is another one from now on: that which was packed in it.
    ///
    /// # Errors
    /// [`BodyError::NoRoom`].
    pub fn replace(&self, held: &mut Held, bytes: Vec<u8>) -> Result<(), BodyError> {
        self.grow(held, bytes.len().saturating_sub(held.bytes.len()))?;
        held.bytes = bytes;
        Ok(())
    }

    fn grow(&self, held: &mut Held, bytes: usize) -> Result<(), BodyError> {
        let pieces = u32::try_from(bytes.div_ceil(PIECE)).map_err(|_| BodyError::NoRoom)?;
        let more = Arc::clone(&self.0).try_acquire_many_owned(pieces).map_err(|_| BodyError::NoRoom)?;
        match &mut held.room {
            Some(room) => room.merge(more),
            None => held.room = Some(more),
        }
        Ok(())
    }
}
