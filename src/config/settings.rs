//! The table of settings: one row says how a setting is called, read and explained.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{Config, Invalidate, Persist, TableForm};
use crate::door::DebugSecret;
use crate::format::FileType;
use crate::image::Strangers;
use crate::signature::SigningKeys;

mod values;

use values::{REGION, URL, at_least_one, is_url, members, one_of, read_defaults, read_preset, read_thumbnails, within};

/// One setting. Its name is a key of `pixfront.toml`, in capitals behind `PIXFRONT_` an environment variable, and with
/// hyphens behind `x-pixfront-` a custom header of the origin.
pub struct Setting {
    /// Its name, e.g. `source_bytes`.
    pub name: &'static str,
    /// Its values, as the documentation and the error sentence say them.
    pub values: &'static str,
    /// Its default, as the documentation says it; empty where there is none.
    pub default: &'static str,
    /// What it sets.
    pub meaning: &'static str,
    /// [`None`] for a value that it can't have.
    pub(super) set: fn(&mut Config, &str) -> Option<()>,
}

impl Setting {
    /// E.g. `PIXFRONT_SOURCE_BYTES`.
    pub fn variable(&self) -> String {
        format!("PIXFRONT_{}", self.name.to_ascii_uppercase())
    }

    /// The setting that a custom header is about, in whatever case it is written.
    pub(super) fn of_header(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.header().eq_ignore_ascii_case(name))
    }

    /// Whether errors keep its value to themselves.
    pub(super) fn is_secret(&self) -> bool {
        ["signing_keys", "debug_secret"].contains(&self.name)
    }

    /// E.g. `x-pixfront-source-bytes`.
    pub fn header(&self) -> String {
        format!("x-pixfront-{}", self.name.replace('_', "-"))
    }
}

/// Every setting there is.
pub static SETTINGS: [Setting; 39] = [
    Setting {
        name: "source_bytes",
        values: "a number of bytes, at least 1",
        default: "67108864",
        meaning: "the longest source that is resized, and the longest upload to `serve`; over it 413",
        set: |config, value| at_least_one(value).map(|bytes| config.source_bytes = bytes),
    },
    Setting {
        name: "source_pixels",
        values: "a number of pixels, at least 1",
        default: "50000000",
        meaning: "the largest source that is decoded, width times height, summed over the frames of an animation, and the largest result; over it 413",
        set: |config, value| at_least_one(value).map(|pixels| config.image.limits.source_pixels = pixels),
    },
    Setting {
        name: "frames",
        values: "a number of frames, at least 1",
        default: "256",
        meaning: "the longest animation that is made; over it 413. A still of it can be asked for",
        set: |config, value| {
            config.image.limits.frames = u32::try_from(at_least_one(value)?).ok()?;
            Some(())
        },
    },
    Setting {
        name: "output_side",
        values: "a number of pixels from 1 to 16383",
        default: "8192",
        meaning: "the longer side of a result; over it 413",
        set: |config, value| {
            let side = u32::try_from(at_least_one(value)?).ok().filter(|side| *side <= 16_383)?;
            config.image.limits.output_side = side;
            Some(())
        },
    },
    Setting {
        name: "deadline_ms",
        values: "a number of milliseconds, at least 1",
        default: "10000",
        meaning: "from the request to the rendered picture; over it 504",
        set: |config, value| at_least_one(value).map(|ms| config.deadline = Duration::from_millis(ms)),
    },
    Setting {
        name: "renders",
        values: "a number, at least 1",
        default: "one a core",
        meaning: "renders at one time",
        set: |config, value| {
            config.renders = NonZeroUsize::new(usize::try_from(at_least_one(value)?).ok()?)?;
            Some(())
        },
    },
    Setting {
        name: "render_queue",
        values: "a number",
        default: "64",
        meaning: "requests that may wait for a render; over it 503 with `Retry-After`",
        set: |config, value| value.parse().ok().map(|places| config.render_queue = places),
    },
    Setting {
        name: "formats",
        values: "a list of webp, avif, jpeg, png, gif",
        default: "webp,avif,jpeg,png,gif",
        meaning: "the formats that are made; what is left out is 415",
        set: |config, value| {
            let made = |name: &str| crate::format::Format::from_name(name.trim());
            config.policy.formats = value.split(',').map(made).collect::<Option<_>>()?;
            config.image.formats = config.policy.formats;
            Some(())
        },
    },
    Setting {
        name: "presets",
        values: "a list such as small:w=400&f=auto;square:w=600&h=600&fit=cover, of parameters as URLs have them",
        default: "",
        meaning: "what `p=small` stands for; a URL's own parameters go before a preset's",
        set: |config, value| {
            let presets = members(value, ';').map(read_preset).collect::<Option<Vec<_>>>()?;
            let count = presets.len();
            config.policy.presets = presets.into_iter().collect();
            // Of two that have one name, nobody knows which was meant.
            (config.policy.presets.len() == count).then_some(())
        },
    },
    Setting {
        name: "defaults",
        values: "parameters as URLs have them, without w, h and dpr, e.g. f=auto&fit=cover",
        default: "",
        meaning: "what a URL that asks for something says besides, unless it, or its preset, says otherwise",
        set: |config, value| {
            config.policy.defaults = read_defaults(value)?;
            Some(())
        },
    },
    Setting {
        name: "thumbnails",
        values: "a list such as resized-:half;thumbnail-:w=128&h=128, of a prefix and half or parameters as URLs have them, no prefix the beginning of another",
        default: "resized-:half",
        meaning: "the [thumbnails](#thumbnails) that every upload gets, by what is put before its name; empty: none",
        set: |config, value| {
            config.policy.thumbnails = read_thumbnails(value)?;
            Some(())
        },
    },
    Setting {
        name: "undecoded",
        values: "a list of jpeg, png, webp, gif, avif, tiff, bmp",
        default: "",
        meaning: "sources that are not decoded, though they could be: 415",
        set: |config, value| {
            let decoded = |name: &str| FileType::ALL.into_iter().find(|t| t.name() == name && t.output().is_some());
            config.image.undecoded = members(value, ',').map(decoded).collect::<Option<_>>()?;
            Some(())
        },
    },
    Setting {
        name: "jpeg_progressive",
        values: "true or false",
        default: "false",
        meaning: "whether JPEG is written progressive: a few per cent smaller, slower to write",
        set: |config, value| {
            value.parse().ok().map(|is_progressive| config.image.encoding.jpeg_progressive = is_progressive)
        },
    },
    Setting {
        name: "webp_effort",
        values: "a number from 0 to 6",
        default: "4",
        meaning: "4: an opaque picture is encoded by us, and all others by libwebp at this effort; else all by libwebp: 2 takes about as long as ours for 5–9 % more bytes, 6 three to six times as long for 4–6 % fewer",
        set: |config, value| within(value, 6).map(|effort| config.image.encoding.webp_effort = effort),
    },
    Setting {
        name: "avif_speed",
        values: "a number from 0 to 9",
        default: "",
        meaning: "how much libaom leaves untried; absent: 6 for a result of up to 2 megapixels, which takes six to eight times as long as 9 for a seventh to a sixth fewer bytes, and 9 for a larger one",
        set: |config, value| within(value, 9).map(|speed| config.image.encoding.avif_speed = Some(speed)),
    },
    Setting {
        name: "serve_originals",
        values: "true or false",
        default: "true",
        meaning: "whether a URL without parameters gets the original, and what is not decoded passes through; otherwise 403",
        set: |config, value| {
            config.policy.serves_originals = value.parse().ok()?;
            config.image.strangers =
                if config.policy.serves_originals { Strangers::Pass } else { Strangers::Forbidden };
            Some(())
        },
    },
    Setting {
        name: "signing_keys",
        values: "a list of secrets with commas between them, each of at least 32 visible ASCII characters",
        default: "",
        meaning: "what URLs must be [signed](#signed-urls) with: the first one signs, any is good. Absent: no URL needs a signature",
        set: |config, value| {
            config.signing_keys = Some(SigningKeys::parse(value)?);
            Some(())
        },
    },
    Setting {
        name: "debug_secret",
        values: "a secret of at least 32 visible ASCII characters",
        default: "",
        meaning: "what a request must carry as `x-pixfront-debug` to be told by `x-pixfront-door` which door made its picture; such an answer is not cached. For [`pixfront doctor`](#after-a-deployment)",
        set: |config, value| {
            config.debug_secret = Some(DebugSecret::parse(value)?);
            Some(())
        },
    },
    Setting {
        name: "cache_control",
        values: "a Cache-Control header of visible ASCII",
        default: "public, max-age=86400, s-maxage=86400; with `PIXFRONT_DISTRIBUTION_ID` s-maxage=31536000",
        meaning: "what variants and thumbnails are stored and served with",
        set: |config, value| {
            let is_header = !value.is_empty() && value.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            is_header.then(|| config.cache_control = Some(value.to_owned()))
        },
    },
    Setting {
        name: "persist",
        values: "before or after",
        default: "after",
        meaning: "whether `http-origin` stores a new variant before its answer leaves, or after, so that nobody waits for it",
        set: |config, value| {
            config.persist = one_of(value, [("before", Persist::Before), ("after", Persist::After)])?;
            Some(())
        },
    },
    Setting {
        name: "streams",
        values: "true or false",
        default: "false",
        meaning: "whether `http-origin` streams its answers, up to 200 MB instead of 4.7: for invoke mode `RESPONSE_STREAM` alone",
        set: |config, value| value.parse().ok().map(|streams| config.streams = streams),
    },
    Setting {
        name: "data",
        values: "a directory",
        default: "",
        meaning: "keep everything there instead of at AWS; for trying the functions on one machine (`serve` has `--data`)",
        set: |config, value| {
            let is_path = !value.is_empty() && !value.chars().any(char::is_control);
            is_path.then(|| config.data = Some(value.into()))
        },
    },
    Setting {
        name: "originals_bucket",
        values: "a bucket's name",
        default: "originals",
        meaning: "the bucket that is uploaded to; private. On the local store only the name that uploads and events say",
        set: |config, value| config.originals.set_name(value),
    },
    Setting {
        name: "originals_region",
        values: REGION,
        default: "",
        meaning: "where that bucket is, if the function runs elsewhere",
        set: |config, value| config.originals.set_region(value),
    },
    Setting {
        name: "originals_endpoint",
        values: URL,
        default: "",
        meaning: "where to ask for it instead of AWS",
        set: |config, value| config.originals.set_endpoint(value),
    },
    Setting {
        name: "variants_bucket",
        values: "a bucket's name",
        default: "",
        meaning: "the bucket that variants and thumbnails are stored in; private, and not the same",
        set: |config, value| config.variants.set_name(value),
    },
    Setting {
        name: "variants_region",
        values: REGION,
        default: "",
        meaning: "where that bucket is, if the function runs elsewhere",
        set: |config, value| config.variants.set_region(value),
    },
    Setting {
        name: "variants_endpoint",
        values: URL,
        default: "",
        meaning: "where to ask for it instead of AWS",
        set: |config, value| config.variants.set_endpoint(value),
    },
    Setting {
        name: "table",
        values: "a table's name",
        default: "",
        meaning: "the DynamoDB table of variants: partition key `name`, sort key `variant`, both strings",
        set: |config, value| config.table.set_name(value),
    },
    Setting {
        name: "table_region",
        values: REGION,
        default: "",
        meaning: "where the table is",
        set: |config, value| config.table.set_region(value),
    },
    Setting {
        name: "table_endpoint",
        values: URL,
        default: "",
        meaning: "where to ask for it instead of AWS",
        set: |config, value| config.table.set_endpoint(value),
    },
    Setting {
        name: "table_form",
        values: "rows or names",
        default: "rows",
        meaning: "`rows`: a row a variant. `names`: only the originals' names, in a table whose one key is `name`, as [hand-made systems](docs/coming-from/upload-trigger.md) have it",
        set: |config, value| {
            config.table_form = one_of(value, [("rows", TableForm::Rows), ("names", TableForm::Names)])?;
            Some(())
        },
    },
    Setting {
        name: "row_days",
        values: "a number of days from 1 to 36500",
        default: "",
        meaning: "after how many days a row may go: its attribute `expires`, for the table's time to live. As many as the variants bucket keeps its objects: it then stays for `s-maxage` and two days longer, for caches have them still. Absent: never",
        set: |config, value| {
            let days = u32::try_from(at_least_one(value)?).ok().filter(|days| *days <= 36_500)?;
            config.row_days = Some(days);
            Some(())
        },
    },
    Setting {
        name: "queue_url",
        values: URL,
        default: "",
        meaning: "the SQS queue of failures",
        set: |config, value| is_url(value).then(|| config.queue.name = Some(value.to_owned())),
    },
    Setting {
        name: "queue_region",
        values: REGION,
        default: "",
        meaning: "where the queue is",
        set: |config, value| config.queue.set_region(value),
    },
    Setting {
        name: "queue_endpoint",
        values: URL,
        default: "",
        meaning: "where to ask for it instead of AWS",
        set: |config, value| config.queue.set_endpoint(value),
    },
    Setting {
        name: "distribution_id",
        values: "a distribution's ID",
        default: "",
        meaning: "the CloudFront distribution that is told of [overwritten and deleted originals](#overwritten-and-deleted); absent: none is",
        set: |config, value| {
            let is_id = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric());
            is_id.then(|| config.distribution.name = Some(value.to_owned()))
        },
    },
    Setting {
        name: "distribution_endpoint",
        values: URL,
        default: "",
        meaning: "where to ask for it instead of AWS",
        set: |config, value| config.distribution.set_endpoint(value),
    },
    Setting {
        name: "invalidate",
        values: "tags or paths",
        default: "tags",
        meaning: "by what the distribution is told: `tags` wants its cache-tag header to be `x-amz-meta-cache-tag`, `paths` wants nothing of it",
        set: |config, value| {
            config.invalidate = one_of(value, [("tags", Invalidate::Tags), ("paths", Invalidate::Paths)])?;
            Some(())
        },
    },
];
