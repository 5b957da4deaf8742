//! Server-sent events (HTML, §9.2.6) while they come: the data of each, as far as it is short enough to be told.

/// The longest data of an event that is told, in bytes; a part of one could show half of what is to be taken out.
const LONGEST: usize = 4096;

/// Reads a stream of events piece by piece.
#[derive(Debug, Default)]
pub(super) struct Events {
    line: Vec<u8>,
    data: Vec<u8>,
    /// Whether the event is longer than is kept of it.
    is_long: bool,
    has_data: bool,
    /// Whether the last byte has ended a line that a line feed may end once more.
    after_return: bool,
}

impl Events {
    /// Takes the next bytes of the stream. `told` hears the data of each event that ends in them, and where in them.
    pub(super) fn take(&mut self, bytes: &[u8], mut told: impl FnMut(&str, usize)) {
        for (index, byte) in bytes.iter().enumerate() {
            let is_second = std::mem::take(&mut self.after_return) && *byte == b'\n';
            if is_second {
                continue;
            }
            self.after_return = *byte == b'\r';
            if !matches!(byte, b'\r' | b'\n') {
                self.push(*byte);
            } else if let Some(data) = self.end_line() {
                told(&data, index + 1);
            }
        }
    }

    fn push(&mut self, byte: u8) {
        // A field's name and a colon come before the data.
        if self.line.len() < LONGEST + 8 {
            self.line.push(byte);
        } else {
            self.is_long = true;
        }
    }

    /// The data of the event that ends with this line.
    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        if let Some(data) = line.strip_prefix(b"data:") {
            if self.has_data {
                self.data.push(b'\n');
            }
            self.has_data = true;
            let data = data.strip_prefix(b" ").unwrap_or(data);
            if self.data.len() + data.len() <= LONGEST {
                self.data.extend_from_slice(data);
            } else {
                self.is_long = true;
            }
        }
        if !line.is_empty() {
            return None;
        }
        let event = std::mem::take(self);
        let is_told = event.has_data && !event.is_long && !event.data.is_empty();
        self.after_return = event.after_return;
        is_told.then(|| String::from_utf8_lossy(&event.data).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(pieces: &[&str]) -> Vec<(String, usize)> {
        let mut events = Events::default();
        let mut all = Vec::new();
        for piece in pieces {
            events.take(piece.as_bytes(), |data, at| all.push((data.to_owned(), at)));
        }
        all
    }

    fn data(pieces: &[&str]) -> Vec<String> {
        events(pieces).into_iter().map(|(data, _)| data).collect()
    }

    #[test]
    fn an_event_is_what_stands_between_two_empty_lines_however_it_comes() {
        let text = ": hello\n\nevent: a\ndata: one\nid: 7\n\ndata:two\ndata:  three\n\ndata\n\n";
        let expected = ["one", "two\n three"];
        assert_eq!(data(&[text]), expected);
        let bytes: Vec<String> = text.chars().map(String::from).collect();
        let bytes: Vec<&str> = bytes.iter().map(String::as_str).collect();
        assert_eq!(data(&bytes), expected);
        for end in ["\r\n", "\r"] {
            assert_eq!(data(&[&text.replace('\n', end)]), expected, "{end:?}");
        }
        assert_eq!(data(&["data: a\r", "\n\r\ndata: b\r\n\r\n"]), ["a", "b"]);
        // The last one has not ended.
        assert_eq!(data(&["data: a\n\ndata: b\n"]), ["a"]);
    }

    #[test]
    fn an_event_ends_later_than_the_one_before() {
        let ends: Vec<usize> = events(&["data: a\n\ndata: b\n\n"])
            .into_iter()
            .map(|(_, at)| at)
            .collect();
        assert_eq!(ends, [9, 18]);
    }

    #[test]
    fn of_a_long_event_nothing_is_told_and_the_next_one_is() {
        let long = "x".repeat(LONGEST + 1);
        for text in [
            format!("data: {long}\n\ndata: b\n\n"),
            format!("{long}: {long}\ndata: a\n\ndata: b\n\n"),
            format!(
                "data: {half}\ndata: {half}\n\ndata: b\n\n",
                half = "x".repeat(LONGEST / 2 + 1)
            ),
        ] {
            assert_eq!(data(&[&text]), ["b"]);
        }
        let most = "x".repeat(LONGEST);
        assert_eq!(data(&[&format!("data: {most}\n\n")]), [most]);
    }
}
