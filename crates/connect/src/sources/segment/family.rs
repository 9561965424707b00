//! Those that speak Segment's language with other limits and paths.

use super::{BATCH_BYTES, Dialect, MESSAGE_BYTES, paths_of_calls, receive, too_busy, too_large, unauthorized};
use crate::sources::answer::Answer;
use crate::sources::request::Request;
use crate::sources::source::{Proof, Route, Source};

const RUDDERSTACK: Dialect = Dialect { message_bytes: MESSAGE_BYTES, messages: 10_000, corrected_by_sender: true };
const RUDDERSTACK_BYTES: usize = 4 << 20;

/// RudderStack: larger batches, and bodies that are packed whatever their type says.
pub(in crate::sources) const RUDDERSTACK_SOURCE: Source = Source {
    id: "rudderstack",
    name: "RudderStack",
    about: "Events from RudderStack's SDKs: point their data plane at Brix.",
    proof: Proof::Key,
    routes: paths_of_calls!(RUDDERSTACK_BYTES),
    receive: |request, settings| receive(&RUDDERSTACK, request, settings),
    unauthorized,
    too_busy,
    too_large: larger_than_taken,
};

const JITSU: Dialect = Dialect { message_bytes: 1 << 20, messages: 10_000, corrected_by_sender: false };

/// Jitsu: its clients call `/api/s/…` with single messages.
pub(in crate::sources) const JITSU_SOURCE: Source = Source {
    id: "jitsu",
    name: "Jitsu",
    about: "Events from Jitsu's SDKs: point their host at Brix.",
    proof: Proof::Key,
    routes: paths_of_calls!(
        RUDDERSTACK_BYTES,
        Route::post("/api/s/*", RUDDERSTACK_BYTES),
        Route::post("/api/s/s2s/*", RUDDERSTACK_BYTES)
    ),
    receive: |request, settings| receive(&JITSU, request, settings),
    unauthorized,
    too_busy,
    too_large: larger_than_taken,
};

const CUSTOMERIO: Dialect = Dialect { message_bytes: MESSAGE_BYTES, messages: 2_500, corrected_by_sender: false };

/// Customer.io's pipelines, whose strict mode is asked for by `X-Strict-Mode: 1`.
pub(in crate::sources) const CUSTOMERIO_SOURCE: Source = Source {
    id: "customerio",
    name: "Customer.io pipelines",
    about: "Events from Customer.io's pipelines SDKs: point their host at Brix.",
    proof: Proof::Key,
    routes: paths_of_calls!(BATCH_BYTES),
    receive: |request, settings| receive(&CUSTOMERIO, request, settings),
    unauthorized,
    too_busy,
    too_large,
};

fn larger_than_taken(request: &Request<'_>) -> Answer {
    Answer { status: 413, ..too_large(request) }
}
