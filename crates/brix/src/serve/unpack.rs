//! Packed bodies. What comes out is limited while it comes out: a small body that would fill the memory is refused.

use std::io::Read as _;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_ENCODING;
use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Why a body cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnpackError {
    /// It is larger than the limit.
    TooLarge,
    /// It is damaged, or packed in a way that is not known.
    Damaged,
}

/// The body as the sender wrote it, at most `most` bytes. Some clients pack and do not say so: gzip is known by its first bytes.
pub fn unpack(headers: &HeaderMap, body: &[u8], most: usize) -> Result<Option<Vec<u8>>, UnpackError> {
    let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("").trim();
    let is_gzip = body.starts_with(&[0x1F, 0x8B]);
    if is_gzip {
        return read(MultiGzDecoder::new(body), most).map(Some);
    }
    match encoding.to_ascii_lowercase().as_str() {
        "deflate" => read(ZlibDecoder::new(body), most).map(Some),
        // It says gzip and is none: some proxies unpack and leave the header.
        "" | "identity" | "gzip" | "x-gzip" if body.len() <= most => Ok(None),
        "" | "identity" | "gzip" | "x-gzip" => Err(UnpackError::TooLarge),
        _ => Err(UnpackError::Damaged),
    }
}

fn read(packed: impl std::io::Read, most: usize) -> Result<Vec<u8>, UnpackError> {
    let mut body = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    packed.take(limit).read_to_end(&mut body).map_err(|_| UnpackError::Damaged)?;
    if body.len() > most { Err(UnpackError::TooLarge) } else { Ok(body) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use axum::http::HeaderValue;
    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn headers(encoding: &'static str) -> HeaderMap {
        [(CONTENT_ENCODING, HeaderValue::from_static(encoding))].into_iter().collect()
    }

    #[test]
    fn unpacks_up_to_the_limit() {
        let text = vec![b'a'; 1_000];
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&text).unwrap();
        let deflate = deflate.finish().unwrap();
        let none = HeaderMap::new();
        assert_eq!(unpack(&headers("gzip"), &gzip, 1_000), Ok(Some(text.clone())));
        assert_eq!(unpack(&none, &gzip, 1_000), Ok(Some(text.clone())), "without a word");
        assert_eq!(unpack(&headers("deflate"), &deflate, 1_000), Ok(Some(text.clone())));
        assert_eq!(unpack(&headers("gzip"), &text, 1_000), Ok(None), "a proxy has unpacked it");
        assert_eq!(unpack(&headers("gzip"), &gzip, 999), Err(UnpackError::TooLarge), "a bomb");
        assert_eq!(unpack(&none, &text, 999), Err(UnpackError::TooLarge));
        assert_eq!(unpack(&headers("br"), &text, 1_000), Err(UnpackError::Damaged));
        assert_eq!(unpack(&headers("gzip"), &gzip[..20], 1_000), Err(UnpackError::Damaged), "cut off");
    }

    #[test]
    fn damaged_bodies_are_refused_within_the_limit() {
        const LIMIT: usize = 4_096;
        let text: Vec<u8> = (0..3_000_u32).flat_map(|number| number.to_le_bytes()).collect();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&text).unwrap();
        let mut deflate = ZlibEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(&text).unwrap();
        let seeds = [("gzip", gzip.finish().unwrap()), ("deflate", deflate.finish().unwrap())];
        let mut dice = 1_u64;
        let mut roll = |sides: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (dice >> 33) as usize % sides.max(1)
        };
        for _ in 0..2_000 {
            let (encoding, seed) = &seeds[roll(2)];
            let mut body = seed.clone();
            for _ in 0..=roll(4) {
                let place = roll(body.len());
                match roll(4) {
                    0 => body[place] ^= 1 << roll(8),
                    1 => body.truncate(place + 1),
                    2 => body.extend_from_within(place..),
                    _ => drop(body.splice(place..place, [roll(256) as u8; 3])),
                }
            }
            if let Ok(Some(unpacked)) = unpack(&headers(encoding), &body, LIMIT) {
                assert!(unpacked.len() <= LIMIT);
            }
        }
    }
}
