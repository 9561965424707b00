//! JSON of any form, by a mapping file: what `brix import` would make of the same rows.

use super::intake::{Intake, Received};
use super::pushed::{self, BODY_BYTES};
use super::reject::Reason;
use super::request::Request;
use super::source::{Proof, Route, Settings, Source};
use crate::files::body;

/// JSON by a mapping.
pub(super) const SOURCE: Source = Source {
    id: "json",
    name: "JSON by a mapping",
    about: "Rows of any form, as webhooks and scripts send them: say what they mean in a mapping file.",
    proof: Proof::Key,
    routes: &[Route::post("/", BODY_BYTES), Route::post("/*", BODY_BYTES)],
    receive,
    unauthorized: pushed::unauthorized,
    too_busy: pushed::too_busy,
    too_large: pushed::too_large,
};

const NO_MAPPING: &str = "this source has no mapping; set one in its settings";
const UNFIT: &str = "the mapping has no `files:` for JSON";

fn receive(request: &Request<'_>, settings: &Settings) -> Received {
    let mut intake = Intake::new(&settings.source, request.received_at);
    // `/orders` is what a file `orders.json` would be.
    let name = format!("{}.json", request.last_piece());
    match settings.mapping.as_ref().map(|mapping| body::rows(mapping, &name, request.body)) {
        None => intake.refuse(Reason::NotTaken(NO_MAPPING), request.body),
        Some(Err(_)) => intake.refuse(Reason::NotTaken(UNFIT), request.body),
        Some(Ok((rows, changed))) => {
            for (row, text) in rows {
                intake.row(&text, row);
            }
            intake.changed_by_mapping(changed.texts_cut, changed.clamped);
        }
    }
    let outcome = intake.finish();
    Received { key: pushed::key(request), answer: pushed::answer(&outcome, settings), outcome }
}
