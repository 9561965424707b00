//! A source, and a key of the API, as they stand in the file.

use std::sync::Arc;

use connect::secret::Secret;
use connect::sources::{self, Customer, CustomerIs, Groups, Proof, Settings};

use super::read::{Reader, is_name};
use super::section::Section;
use super::{ApiKey, Source};
use crate::access::scope::Scope;

/// Looks at a source as a whole; what is wrong is told to the reader.
pub(super) fn read(mut table: Section<'_>, reader: &mut Reader<'_>) -> Option<Source> {
    let name = table.needed("name", reader);
    if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
        reader.wrong(name, "a name is of letters, digits, `-`, `_` and `.`");
    }
    let vendors: Vec<_> = sources::all().iter().map(|vendor| (vendor.id, vendor)).collect();
    let vendor = table.needed("vendor", reader).and_then(|said| reader.choice(&said, &vendors));
    let written = table.texts("keys", reader);
    let keys = written.iter().filter_map(|key| reader.key(table.path_of("keys"), key)).collect();
    let signing_secret = table.text("signing_secret", reader);
    let is_signed = signing_secret.is_some();
    let secret = signing_secret.and_then(|said| reader.secret(&table, "signing_secret", &said));
    let mut settings = Settings::of(name.as_ref().map_or("", |name| &name.value));
    settings.strict = table.flag("strict", reader);
    let group = |key, table: &mut Section<'_>, reader: &mut Reader<'_>| table.text(key, reader).map(|said| said.value);
    settings.groups = Groups {
        account: group("account_group", &mut table, reader),
        workspace: group("workspace_group", &mut table, reader),
    };
    let words = [("accounts", CustomerIs::Account), ("users", CustomerIs::User)];
    let is = table.text("customers", reader).and_then(|said| reader.choice(&said, &words));
    let metadata_key = table.text("customer_key", reader).map(|said| said.value);
    settings.customer = Customer { is: is.unwrap_or(CustomerIs::Account), metadata_key };
    if let Some(currency) = table.text("currency", reader) {
        settings.currency = Arc::from(currency.value);
    }
    settings.signing_secret = secret.map(Secret::new);
    settings.mapping = table.text("mapping", reader).and_then(|said| reader.mapping(&said));
    match vendor.map(|vendor| vendor.proof) {
        Some(Proof::Key) if written.is_empty() => {
            table.fault("without a key nobody can write to it; `brix key` makes one", reader);
        }
        Some(Proof::Signature) if !is_signed => {
            table.fault("it signs what it sends: set `signing_secret`", reader);
        }
        _ => {}
    }
    table.finish(reader);
    Some(Source { name: name?.value, vendor: vendor?, settings, keys })
}

/// Looks at a key of the API as a whole; what is wrong is told to the reader.
pub(super) fn read_api_key(mut table: Section<'_>, reader: &mut Reader<'_>) -> Option<ApiKey> {
    let name = table.needed("name", reader);
    let words = [Scope::Read, Scope::Manage, Scope::Ingest].map(|scope| (scope.word(), scope));
    let said = table.needed("scope", reader);
    let scope = said.as_ref().and_then(|said| reader.choice(said, &words));
    if let (Some(said), Some(Scope::Ingest)) = (&said, scope) {
        reader.wrong(said, "a key that only sends belongs to a source, in its `keys`");
    }
    let key = table.needed("key", reader).and_then(|said| reader.key(table.path_of("key"), &said));
    table.finish(reader);
    Some(ApiKey { name: name?.value, scope: scope?, key: key? })
}
