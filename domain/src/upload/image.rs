//! What a file's first bytes say about an image: its type, and how large it is. Pixels are never decoded.
//!
//! Sizes are read from PNG (RFC 2083, 4.1.1), GIF (section 18 of its version 89a), WebP (RFC 9649) and JPEG (ITU T.81, annex
//! B). Each is a few numbers in fixed places; in a JPEG they come behind as much metadata as there is, which is passed over
//! as it arrives and never kept.

/// How many of a file's first bytes [`image_type`] looks at.
const TYPE: usize = 16;

/// How many hold the sizes of all formats but JPEG.
const HEAD: usize = 30;

/// A frame header of a JPEG, up to its width.
const FRAME: usize = 9;

/// In pixels, as stored; neither is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSize {
    /// From left to right.
    pub width: u32,
    /// From top to bottom.
    pub height: u32,
}

impl ImageSize {
    fn new(width: u32, height: u32) -> Option<Self> {
        (width > 0 && height > 0).then_some(Self { width, height })
    }
}

/// Whether a file is an image that browsers show, by its first bytes. What a client calls it decides nothing.
pub fn image_type(head: &[u8]) -> Option<&'static str> {
    let webp = || head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP");
    let avif = || head.get(4..8) == Some(b"ftyp") && matches!(head.get(8..12), Some(b"avif" | b"avis"));
    match head.get(..TYPE).unwrap_or(head) {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ if webp() => Some("image/webp"),
        _ if avif() => Some("image/avif"),
        _ => None,
    }
}

/// Looks at a file while it passes by, and keeps next to nothing of it.
#[derive(Debug, Default)]
pub struct ImageLook {
    head: Vec<u8>,
    jpeg: Option<Segments>,
}

impl ImageLook {
    /// Some more of the file.
    pub fn see(&mut self, mut bytes: &[u8]) {
        if self.head.len() < HEAD {
            let (missing, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
            self.head.extend_from_slice(missing);
            bytes = rest;
            if self.head.len() < HEAD {
                return;
            }
            if self.kind() == Some("image/jpeg") {
                let mut segments = Segments::default();
                segments.see(&self.head[2..]);
                self.jpeg = Some(segments);
            }
        }
        if let Some(segments) = &mut self.jpeg {
            segments.see(bytes);
        }
    }

    /// The type of what has been seen.
    pub fn kind(&self) -> Option<&'static str> {
        image_type(&self.head)
    }

    /// Its size, where the format says one and this is enough of it.
    pub fn size(&self) -> Option<ImageSize> {
        let head = &self.head;
        match self.kind()? {
            "image/png" if head.get(12..16)? == b"IHDR" => ImageSize::new(be32(head, 16)?, be32(head, 20)?),
            "image/gif" => ImageSize::new(le16(head, 6)?, le16(head, 8)?),
            "image/webp" => webp(head),
            "image/jpeg" => self.jpeg.as_ref()?.found,
            _ => None,
        }
    }
}

fn bytes<const N: usize>(head: &[u8], at: usize) -> Option<[u8; N]> {
    head.get(at..at + N)?.try_into().ok()
}

fn be32(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u32::from_be_bytes)
}

fn be16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u16::from_be_bytes).map(u32::from)
}

fn le16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u16::from_le_bytes).map(u32::from)
}

fn webp(head: &[u8]) -> Option<ImageSize> {
    const FOURTEEN_BITS: u32 = 0x3fff;
    let le24 = |at| bytes::<3>(head, at).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]));
    match head.get(12..16)? {
        b"VP8X" => ImageSize::new(le24(24)? + 1, le24(27)? + 1),
        b"VP8L" if head.get(20) == Some(&0x2f) => {
            let both = bytes(head, 21).map(u32::from_le_bytes)?;
            ImageSize::new((both & FOURTEEN_BITS) + 1, (both >> 14 & FOURTEEN_BITS) + 1)
        }
        // The two bits above are a scale that nobody applies.
        b"VP8 " if head.get(23..26)? == [0x9d, 0x01, 0x2a] => {
            ImageSize::new(le16(head, 26)? & FOURTEEN_BITS, le16(head, 28)? & FOURTEEN_BITS)
        }
        _ => None,
    }
}

/// Goes from segment to segment of a JPEG, from behind the first marker to the frame that says how large it is.
#[derive(Debug, Default)]
struct Segments {
    /// The beginning of a segment.
    begun: Vec<u8>,
    /// How much is still to come of the one before it.
    skip: usize,
    found: Option<ImageSize>,
    ended: bool,
}

impl Segments {
    fn see(&mut self, mut bytes: &[u8]) {
        while !self.ended && !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let Some((next, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.begun.push(*next);
            self.ended = self.step().is_none();
        }
    }

    /// `None` once there is nothing more to be found out.
    fn step(&mut self) -> Option<()> {
        match *self.begun.as_slice() {
            // Any number of these may stand before a marker.
            [0xff, 0xff] => drop(self.begun.pop()),
            [0xff] | [0xff, _] if !self.is_over() => {}
            [0xff, marker, ..] if is_frame(marker) => {
                if self.begun.len() == FRAME {
                    self.found = ImageSize::new(be16(&self.begun, 7)?, be16(&self.begun, 5)?);
                    return None;
                }
            }
            [0xff, _, _] => {}
            [0xff, _, high, low] => {
                self.skip = usize::from(u16::from_be_bytes([high, low])).checked_sub(2)?;
                self.begun.clear();
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether a marker has come behind which no frame does: a scan, the end, or nothing that is a marker.
    fn is_over(&self) -> bool {
        matches!(self.begun.as_slice(), [0xff, 0x00 | 0x01 | 0xd0..=0xda])
    }
}

/// SOF0 to SOF15, without the three numbers between them that mean something else.
fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn look(bytes: &[u8], piece: usize) -> (Option<&'static str>, Option<(u32, u32)>) {
        let mut look = ImageLook::default();
        bytes.chunks(piece.max(1)).for_each(|piece| look.see(piece));
        (look.kind(), look.size().map(|size| (size.width, size.height)))
    }

    fn padded(parts: &[&[u8]]) -> Vec<u8> {
        [parts.concat(), vec![0; 40]].concat()
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        padded(&[b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", &width.to_be_bytes(), &height.to_be_bytes()])
    }

    /// With so many bytes of metadata in one segment before its frame.
    fn jpeg(width: u16, height: u16, metadata: u16) -> Vec<u8> {
        let about = [&b"\xff\xd8\xff\xe1"[..], &(metadata + 2).to_be_bytes(), &vec![0xff; metadata.into()]].concat();
        padded(&[&about, b"\xff\xff\xff\xc2\x00\x11\x08", &height.to_be_bytes(), &width.to_be_bytes()])
    }

    #[test]
    fn an_image_is_known_by_its_first_bytes() {
        for (head, expected) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"\0\0\0 ftypavif", Some("image/avif")),
            (b"RIFF\0\0\0\0WAVE", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'>", None),
            (b"<html>", None),
            (b"", None),
        ] {
            assert_eq!(look(head, 3), (expected, None), "{head:?}");
        }
    }

    #[test]
    fn an_images_size_is_where_its_format_puts_it() {
        for (file, expected) in [
            (png(1_000, 500), (1_000, 500)),
            (png(u32::MAX, 1), (u32::MAX, 1)),
            (padded(&[b"GIF89a\x03\x00\x00\x02"]), (3, 512)),
            (padded(&[b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\xb0\xc4\x90\x41"]), (1_200, 400)),
            (padded(&[b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\xff\xc0\xff\x0f"]), (256, 16_384)),
            (padded(&[b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\xff\xff\xff\x00\x00\x00"]), (16_777_216, 1)),
            (jpeg(640, 480, 0), (640, 480)),
            (jpeg(65_535, 1, 60_000), (65_535, 1)),
        ] {
            for piece in [1, 7, 30, 31, 100_000] {
                assert_eq!(look(&file, piece).1, Some(expected), "{:?}", look(&file, piece));
            }
        }
    }

    #[test]
    fn a_jpeg_says_its_size_behind_any_number_of_segments() {
        let comment = [&b"\xff\xfe\xff\xff"[..], &vec![b'x'; 65_533]].concat();
        let tables = b"\xff\xc4\x00\x04\xff\xc0";
        let frame = b"\xff\xc0\x00\x11\x08\x00\x02\x00\x03";
        let file = [&b"\xff\xd8"[..], &comment.repeat(20), tables, frame, &[0; 30]].concat();
        assert_eq!(look(&file, 4_096).1, Some((3, 2)));
    }

    #[test]
    fn what_does_not_say_its_size_has_none() {
        let scan_first = padded(&[b"\xff\xd8\xff\xda\x00\x02\xff\xc0\x00\x11\x08\x00\x02\x00\x03"]);
        let no_marker = padded(&[b"\xff\xd8\xff\xe0\x00\x02\x00\xff\xc0\x00\x11\x08\x00\x02\x00\x03"]);
        let short_segment = padded(&[b"\xff\xd8\xff\xe0\x00\x01\xff\xc0\x00\x11\x08\x00\x02\x00\x03"]);
        for file in [
            png(0, 5),
            png(5, 0),
            png(1, 1)[..20].to_vec(),
            padded(&[b"\x89PNG\r\n\x1a\n\0\0\0\x04CgBI\0\0\0\x01\0\0\0\x01"]),
            b"GIF87a\x01".to_vec(),
            padded(&[b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x00\x00\x00\x01\x00\x01\x00"]),
            padded(&[b"RIFF\0\0\0\0WEBPALPH\0\0\0\0"]),
            jpeg(0, 3, 10),
            // The height comes at the end of such a file.
            jpeg(3, 0, 10),
            jpeg(3, 3, 60_000)[..50_000].to_vec(),
            scan_first,
            no_marker,
            short_segment,
            padded(&[b"\0\0\0 ftypavif"]),
        ] {
            assert_eq!(look(&file, 5).1, None, "{:?}", file.get(..40));
        }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_the_same_however_it_is_cut(
            start in prop::sample::select(vec![
                b"\xff\xd8\xff".to_vec(), png(7, 8), b"RIFF\0\0\0\0WEBPVP8".to_vec(), b"GIF89a".to_vec(), Vec::new(),
            ]),
            rest in prop::collection::vec(prop_oneof![Just(0xff), Just(0), 0xc0..=0xcf_u8, any::<u8>()], 0..200),
            piece in 1_usize..40,
        ) {
            let file = [start, rest].concat();
            let whole = look(&file, usize::MAX);
            prop_assert_eq!(look(&file, piece), whole);
            prop_assert!(whole.1.is_none_or(|(width, height)| width > 0 && height > 0 && whole.0.is_some()));
        }
    }
}
