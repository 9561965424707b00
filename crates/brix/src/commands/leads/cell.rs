//! What of an answer goes into a cell.

use serde_json::Value as Json;

/// What an answer says somewhere, as text; empty where it says nothing.
pub fn text(answer: &Json, pointer: &str) -> String {
    match answer.pointer(pointer) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Quoted where it must be; what a spreadsheet would take for a formula is kept from it.
pub fn csv(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
