//! Whether what a server answers is the picture that was asked for.

use std::error::Error as _;
use std::io::Cursor;

use futures_util::{StreamExt as _, TryStreamExt as _};

use super::super::Failure;
use super::server::Server;
use super::workshop::Picture;

const AT_A_TIME: usize = 4;

pub(super) async fn pictures(client: &reqwest::Client, server: &Server, pictures: &[Picture]) -> Result<(), Failure> {
    let answers = pictures.iter().map(|asked| picture(client, server, asked));
    futures_util::stream::iter(answers).buffer_unordered(AT_A_TIME).try_for_each(|_| async { Ok(()) }).await
}

/// Asks for one, and returns what its `X-Cache` says.
pub(super) async fn picture(
    client: &reqwest::Client,
    server: &Server,
    asked: &Picture,
) -> Result<Option<String>, Failure> {
    let url = server.url(asked);
    let answer = client.get(&url).send().await;
    let answer =
        answer.map_err(|error| format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default()))?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let bytes = answer.bytes().await?;
    if status != 200 {
        let said = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        return Err(format!("{url} was answered with {status}: {said}").into());
    }
    let (wanted, kind) = (format!("image/{}", asked.format.word()), header("content-type").unwrap_or_default());
    if kind != wanted {
        return Err(format!("{url} was answered with {kind:?} and not {wanted}").into());
    }
    let picture = image::ImageReader::new(Cursor::new(bytes)).with_guessed_format()?.decode();
    let picture = picture.map_err(|error| format!("{url} was answered with no picture: {error}"))?;
    // Servers round the other side each in its own way.
    if picture.width() != asked.width || picture.height().abs_diff(asked.height) > 1 {
        let (width, height) = (picture.width(), picture.height());
        let Picture { width: wanted_width, height: wanted_height, .. } = asked;
        return Err(format!("{url} is {width}×{height} and not {wanted_width}×{wanted_height}").into());
    }
    Ok(header("x-cache"))
}
