//! What is asked of the servers: how many clients ask at a time, for which format, and where the answers are.

use super::server::Kind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// The same few pictures again and again, from Pixfront's memory.
    Hot,
    /// The same from its disk, with the cache in memory switched off.
    Warm,
    /// Pictures that nobody has asked for yet.
    Cold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    WebP,
    Jpeg,
}

impl Format {
    /// As URLs have it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::WebP => "webp",
            Self::Jpeg => "jpeg",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::WebP => "WebP",
            Self::Jpeg => "JPEG",
        }
    }
}

/// Of the middlemost picture; the others lie evenly around it.
pub(super) const WIDTH: u32 = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) sort: Sort,
    pub(super) format: Format,
    /// At most 64 may wait for a render of Pixfront's, so that with up to 32 nothing is refused.
    pub(super) clients: u32,
}

impl Case {
    pub(super) fn group(self) -> &'static str {
        match self.sort {
            Sort::Hot => "hot",
            Sort::Warm => "warm",
            Sort::Cold => "cold",
        }
    }

    pub(super) fn name(self) -> String {
        let clients = if self.clients == 1 { "client" } else { "clients" };
        format!("{WIDTH} {}, {} {clients}", self.format.name(), self.clients)
    }

    pub(super) fn kinds(self) -> &'static [Kind] {
        match self.sort {
            // The others store nothing: for them it would be the hot case again.
            Sort::Warm => &[Kind::Pixfront],
            Sort::Hot | Sort::Cold => &[Kind::Pixfront, Kind::Ipx, Kind::Thumbor],
        }
    }
}

const fn case(sort: Sort, format: Format, clients: u32) -> Case {
    Case { sort, format, clients }
}

pub(super) fn all() -> Vec<Case> {
    vec![
        case(Sort::Hot, Format::WebP, 32),
        case(Sort::Warm, Format::WebP, 32),
        case(Sort::Cold, Format::WebP, 1),
        case(Sort::Cold, Format::WebP, 8),
        case(Sort::Cold, Format::WebP, 32),
        case(Sort::Cold, Format::Jpeg, 8),
    ]
}

/// One of each sort and format.
pub(super) fn few() -> Vec<Case> {
    let is_enough = |case: &Case| case.sort != Sort::Cold || case.clients == 8;
    all().into_iter().filter(is_enough).collect()
}
