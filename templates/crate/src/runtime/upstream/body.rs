//! Reads the body of an answer: as far as it is wanted, and no longer than the upstream is silent.

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::Response;
use http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;

use super::{Body, Failure, MovedTo, Stage};

/// A body, as far as it was read.
#[derive(Debug, Clone)]
pub(in super::super) struct Received {
    pub(in super::super) bytes: Bytes,
    /// Why it ends where it does.
    pub(in super::super) end: End,
    /// Whether it is from where the request was sent on to.
    #[cfg_attr(
        not(feature = "cache"),
        expect(dead_code, reason = "only a cache asks")
    )]
    pub(in super::super) moved: bool,
}

/// Why a body that was read ends where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum End {
    /// It is all that was sent.
    Whole,
    /// It is as much as is read of any.
    TooLarge,
    /// More was still to come when the time was over.
    Open,
    /// The connection broke.
    Broken,
}

impl Received {
    /// Whether there is more, or was to be.
    pub(in super::super) fn is_part(&self) -> bool {
        self.end != End::Whole
    }

    /// The body, unless the connection broke before its end.
    ///
    /// # Errors
    /// It did.
    pub(in super::super) fn unbroken(self) -> Result<Self, Failure> {
        match self.end {
            End::Broken => Err(Failure::Broken),
            End::Whole | End::TooLarge | End::Open => Ok(self),
        }
    }
}

/// How much of a body is read.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Bounds {
    /// The most bytes, counted after decompression.
    pub(in super::super) most: usize,
    /// The longest silence.
    pub(in super::super) silence: Duration,
    /// When a body that may have no end is taken as it is.
    pub(in super::super) until: Option<Instant>,
}

/// Reads a body. `seen` hears what has come, how many bytes there are by then, and how many there will be if the upstream
/// said so.
///
/// # Errors
/// The upstream was silent for too long.
pub(in super::super) fn read(
    response: Response<Body>,
    bounds: Bounds,
    seen: impl FnMut(&[u8], usize, Option<u64>),
) -> impl Future<Output = Result<Received, Failure>> {
    let moved = response.extensions().get::<MovedTo>().is_some();
    // Decompression takes the header away, so it is the size that will be counted.
    let total = (response.headers().get(CONTENT_LENGTH))
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // What waits has no room for the head.
    read_body(response.into_body(), bounds, (moved, total), seen)
}

async fn read_body(
    mut body: Body,
    bounds: Bounds,
    (moved, total): (bool, Option<u64>),
    mut seen: impl FnMut(&[u8], usize, Option<u64>),
) -> Result<Received, Failure> {
    let most = bounds.most;
    // A decompressor takes nothing, as after `HEAD` and 204, for the end of a broken stream.
    if body.get_ref().is_end_stream() {
        return Ok(Received {
            bytes: Bytes::new(),
            end: End::Whole,
            moved,
        });
    }
    // Most bodies are one frame, which is not copied.
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    let end = loop {
        let left = bounds
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        let patience = left.map_or(bounds.silence, |left| left.min(bounds.silence));
        let frame = match tokio::time::timeout(patience, body.frame()).await {
            Ok(None) => break End::Whole,
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_))) => break End::Broken,
            // A stream may be silent for as long as it likes: what has come counts.
            Err(_) if left.is_some() => break End::Open,
            Err(_) => return Err(Failure::Timeout(Stage::Read)),
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        let so_far = whole.len() + joined.len();
        if so_far + data.len() > most {
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&data[..most - so_far]);
            // Dropping the body closes the connection: the rest is not worth reading.
            return Ok(Received {
                bytes: joined.freeze(),
                end: End::TooLarge,
                moved,
            });
        }
        seen(&data, so_far + data.len(), total);
        if so_far == 0 {
            whole = data;
        } else {
            if joined.is_empty() {
                joined.reserve(total.map_or(2 * so_far, |total| {
                    usize::try_from(total).unwrap_or(most).min(most)
                }));
            }
            joined.extend_from_slice(&std::mem::take(&mut whole));
            joined.extend_from_slice(&data);
        }
    };
    Ok(Received {
        bytes: if joined.is_empty() {
            whole
        } else {
            joined.freeze()
        },
        end,
        moved,
    })
}
