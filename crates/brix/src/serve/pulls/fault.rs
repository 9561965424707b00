//! What the database says, as it may stand in a log: without values of rows, and without the address and its password.

use anyhow::anyhow;
use tokio_postgres::Error;

/// What went wrong while doing something, with the cure where one is known.
pub fn told(doing: &str, error: &Error) -> anyhow::Error {
    let Some(fault) = error.as_db_error() else {
        let mut words = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            words = format!("{words}: {cause}");
            source = cause.source();
        }
        let cure = if words.contains("certificate") || words.contains("TLS") || words.contains("tls") {
            "; set `ca` to the file with the certificate of who vouches for it, or sslmode=disable in the address of a database on \
             this machine"
        } else {
            ""
        };
        return anyhow!("{doing}: {words}{cure}");
    };
    let code = fault.code().code();
    // Data exceptions quote the value.
    if code.starts_with("22") {
        return anyhow!(
            "{doing}: PostgreSQL refuses a value (SQLSTATE {code}); is `start`, or the cursor that is kept, of the type that the \
             query compares $1 with?"
        );
    }
    let hint = fault.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let cure = match code {
        "28P01" | "28000" => "; check user and password in the variable that `url` names",
        "42703" => "; `cursor` must be a column that the query gives",
        "42P18" | "42P08" => "; say its type: $1::timestamptz",
        "25006" => "; a pull only reads",
        "57014" => "; the query takes longer than `timeout`: an index on the cursor's column helps",
        _ => "",
    };
    anyhow!("{doing}: PostgreSQL says: {}{hint} (SQLSTATE {code}){cure}", fault.message())
}
