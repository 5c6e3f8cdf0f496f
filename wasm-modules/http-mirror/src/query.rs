//! The query of a request: names and values as they are written, with no encoding.

pub struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    pub fn new(text: &'a str) -> Self {
        Self(text.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, ""))).collect())
    }

    /// Empty when it is not there.
    pub fn text(&self, name: &str) -> &'a str {
        self.0.iter().find(|(each, _)| *each == name).map_or("", |(_, value)| *value)
    }

    /// 0 when it is not there, or no number.
    pub fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or(0)
    }
}
