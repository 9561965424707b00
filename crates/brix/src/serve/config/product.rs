//! What the product itself may ask, as it stands in the file.

use connect::secret::Secret;

use super::Product;
use super::read::Reader;
use super::section::Section;

/// What users' tokens are signed with must have so many bytes at least: as many as the signature (RFC 7518, 3.2).
const SECRET_BYTES: usize = 32;

impl Product {
    /// Looks at it as a whole; what is wrong is told to the reader.
    pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Self {
        let said = table.text("token_secret", reader);
        let secret = said.as_ref().and_then(|said| reader.secret(&table, "token_secret", said));
        if let (Some(said), Some(secret)) = (&said, &secret)
            && secret.len() < SECRET_BYTES
        {
            let why = "so that it could be guessed; `brix key` makes a longer one";
            reader.wrong(said, &format!("it is shorter than {SECRET_BYTES} bytes, {why}"));
        }
        table.finish(reader);
        Self { token_secret: secret.map(Secret::new) }
    }
}
