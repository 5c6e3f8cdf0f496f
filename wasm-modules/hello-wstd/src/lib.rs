//! `GREETING` is the first word of the greeting, the path its last; `/wait` sleeps first, `/echo` sends the body back.
use wstd::http::body::{BodyForthcoming, IncomingBody};
use wstd::http::server::{Finished, Responder};
use wstd::http::{IntoBody, Request, Response};
use wstd::io::copy;
use wstd::time::Duration;

#[wstd::http_server]
async fn main(request: Request<IncomingBody>, responder: Responder) -> Finished {
    let path = request.uri().path().to_owned();
    if path == "/echo" {
        let mut body = responder.start_response(Response::new(BodyForthcoming));
        let result = copy(request.into_body(), &mut body).await;
        return Finished::finish(body, result, None);
    }
    if path == "/wait" {
        wstd::task::sleep(Duration::from_millis(30)).await;
    }
    let word = std::env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned());
    responder.respond(Response::new(format!("{word}, {}!\n", &path[1..]).into_body())).await
}
