//! A request as a source sees it: bytes that have already been unpacked, and where they came in.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use engine::Timestamp;

use crate::secret::Secret;

/// The methods that vendors' clients use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
}

/// Headers by name, in whatever case.
pub trait Headers {
    /// The first value of a header, if it is there and text.
    fn get(&self, name: &str) -> Option<&str>;
}

impl Headers for [(&str, &str)] {
    fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }
}

impl<const COUNT: usize> Headers for [(&str, &str); COUNT] {
    fn get(&self, name: &str) -> Option<&str> {
        Headers::get(self.as_slice(), name)
    }
}

/// A request as it came, its body already unpacked by the server: by `Content-Encoding`, or where it begins with gzip's
/// two bytes (1f 8b), as some clients pack without saying so.
pub struct Request<'a> {
    /// How.
    pub method: Method,
    /// Where, below the source's mount, as the vendor's client sends it: `/v1/track`.
    pub path: &'a str,
    /// What stands behind the question mark, without it.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a dyn Headers,
    /// The body.
    pub body: &'a [u8],
    /// When it was received.
    pub received_at: Timestamp,
}

impl Request<'_> {
    /// The last piece of the path, in lower case: `track` of `/v1/Track/`.
    pub(crate) fn last_piece(&self) -> String {
        self.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// A parameter of the query, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        form_value(self.query, name)
    }

    /// What the sender shows in `Authorization`.
    pub(crate) fn authorization(&self) -> Authorization {
        let Some((scheme, shown)) = self.headers.get("authorization").and_then(|value| value.trim().split_once(' '))
        else {
            return Authorization::None;
        };
        if scheme.eq_ignore_ascii_case("bearer") && !shown.trim().is_empty() {
            return Authorization::Bearer(Secret::new(shown.trim()));
        }
        let decoded = if scheme.eq_ignore_ascii_case("basic") { decode_base64(shown.trim()) } else { None };
        let Some(pair) = decoded.and_then(|bytes| String::from_utf8(bytes).ok()) else { return Authorization::None };
        // A key that was encoded without the colon has always been let in by vendors.
        let (name, password) = pair.split_once(':').unwrap_or((&pair, ""));
        if name.is_empty() && password.is_empty() {
            return Authorization::None;
        }
        Authorization::Basic { name: Secret::new(name), password: Secret::new(password) }
    }
}

/// What the sender shows in the header of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Authorization {
    /// Nothing that can be read.
    None,
    /// `Basic name:password`; vendors put the key in the name's place.
    Basic { name: Secret, password: Secret },
    /// `Bearer token`.
    Bearer(Secret),
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const BASE64_FOR_URLS: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64 in either alphabet, with or without padding.
pub(crate) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).or_else(|_| BASE64_FOR_URLS.decode(text)).ok()
}

/// The value of a name in `application/x-www-form-urlencoded` text, decoded.
pub(crate) fn form_value(form: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(form.as_bytes()).find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The JSON of a body that may also be a form with it in a field, or base64 of it.
pub(crate) fn json_in<'body>(body: &'body [u8], fields: &[&str]) -> Cow<'body, [u8]> {
    let is_json = |bytes: &[u8]| matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    if is_json(body) {
        return Cow::Borrowed(body);
    }
    let Ok(text) = std::str::from_utf8(body) else { return Cow::Borrowed(body) };
    let field = fields.iter().find_map(|name| form_value(text, name));
    let inner = field.as_deref().unwrap_or(text);
    if field.is_some() && is_json(inner.as_bytes()) {
        return Cow::Owned(inner.as_bytes().to_vec());
    }
    match decode_base64(inner.trim()) {
        Some(decoded) if is_json(&decoded) => Cow::Owned(decoded),
        _ => Cow::Borrowed(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authorization(value: &str) -> Authorization {
        let headers = [("Authorization", value)];
        let request = Request {
            method: Method::Post,
            path: "/",
            query: "",
            headers: &headers,
            body: b"",
            received_at: Timestamp(0),
        };
        request.authorization()
    }

    #[test]
    fn reads_authorization() {
        let basic = |name: &str, password: &str| Authorization::Basic {
            name: Secret::new(name),
            password: Secret::new(password),
        };
        assert_eq!(authorization("Basic a2V5Og=="), basic("key", ""));
        assert_eq!(authorization("basic a2V5"), basic("key", ""), "without a colon");
        assert_eq!(authorization("Basic a2V5OnNlY3JldA"), basic("key", "secret"), "without padding");
        assert_eq!(authorization("Bearer  token "), Authorization::Bearer(Secret::new("token")));
        for nothing in ["", "Basic", "Basic !!!", "Basic Og==", "Bearer ", "Digest x", "Basic //8="] {
            assert_eq!(authorization(nothing), Authorization::None, "{nothing}");
        }
    }

    #[test]
    fn reads_forms() {
        assert_eq!(form_value("data=a%20b%2Bc+d&ip=1", "data").as_deref(), Some("a b+c d"));
        assert_eq!(form_value("data", "data").as_deref(), Some(""));
        assert_eq!(form_value("", "data"), None);
    }

    #[test]
    fn finds_json_in_bodies() {
        for body in [
            " {\"a\":1}",
            "data=%7B%22a%22%3A1%7D&ip=1",
            "ip=1&data=eyJhIjoxfQ%3D%3D",
            "data=eyJhIjoxfQ",
            "eyJhIjoxfQ==",
        ] {
            let found = json_in(body.as_bytes(), &["data"]);
            assert_eq!(found.trim_ascii(), b"{\"a\":1}", "{body}");
        }
        for body in [&b""[..], b"\xff", b"data=", b"data=%%%", b"12"] {
            assert_eq!(json_in(body, &["data"]), body);
        }
    }
}
