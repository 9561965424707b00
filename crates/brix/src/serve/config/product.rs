//! What the product itself may ask, as it stands in the file.

use connect::secret::Secret;
use serde::Deserialize;

use super::Product;
use super::read::Reader;

/// What users' tokens are signed with must have so many bytes at least: as many as the signature (RFC 7518, 3.2).
const SECRET_BYTES: usize = 32;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileProduct {
    /// `env:` and the variable with the secret.
    token_secret: Option<String>,
}

impl FileProduct {
    /// Looks at it as a whole; what is wrong is added to the errors.
    pub fn read(self, reader: &mut Reader<'_>) -> Product {
        let secret = self.token_secret.and_then(|text| reader.secret("product", "token_secret", &text));
        if secret.as_ref().is_some_and(|secret| secret.len() < SECRET_BYTES) {
            reader.errors.push(format!(
                "product: token_secret is shorter than {SECRET_BYTES} bytes, so that it could be guessed; `brix key` makes a longer one"
            ));
        }
        Product { token_secret: secret.map(Secret::new) }
    }
}
