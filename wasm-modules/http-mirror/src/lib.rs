//! Does with a request what its path says, so that hosts of wasi:http can be compared.
mod answer;
mod bodies;
mod failures;
mod fields;
mod outgoing;
mod query;
mod request;
mod surroundings;

use query::Query;
use wasi::exports::http::incoming_handler::Guest;
use wasi::http::types::{IncomingRequest, ResponseOutparam};

struct Mirror;

impl Guest for Mirror {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let target = request.path_with_query().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let query = Query::new(query);
        match path {
            "/request" => answer::text(out, &request::describe(&request)),
            "/header" => answer::text(out, &request::values_of(&request, query.text("name"))),
            "/body" => answer::text(out, &bodies::measure(&request)),
            "/echo" => bodies::echo(&request, out),
            "/upper" => bodies::upper(&request, out),
            "/bytes" => bodies::bytes(out, query.number("n"), query.number("chunk")),
            "/drip" => bodies::drip(out, query.number("parts"), query.number("ms")),
            "/status" => answer::status(out, query.number("code"), query.text("body")),
            "/length" => bodies::length(out, query.text("says"), query.number("writes")),
            "/many" => fields::many(out),
            "/latin" => fields::latin(out),
            "/type" => fields::typed(out, query.text("type"), query.text("body")),
            "/fields" => answer::text(out, &fields::rules()),
            "/immutable" => answer::text(out, &fields::immutable(&request)),
            "/ignore" => answer::text(out, "not read\n"),
            "/none" => answer::no_body(out, query.number("code")),
            "/trap" => failures::trap(out, query.text("when")),
            "/exit" => std::process::exit(query.number("code") as i32),
            "/silent" => drop(out),
            "/error" => failures::error(out),
            "/trailers" => failures::trailers(out),
            "/unfinished" => failures::unfinished(out),
            "/sleep" => surroundings::sleep(out, query.number("ms")),
            "/poll" => answer::text(out, &surroundings::poll()),
            "/clock" => answer::text(out, &surroundings::clock()),
            "/random" => answer::text(out, &surroundings::random()),
            "/env" => answer::text(out, &surroundings::env(query.text("name"))),
            "/files" => answer::text(out, &surroundings::files()),
            "/print" => surroundings::print(out),
            "/fetch" => outgoing::fetch(&request, out, &query),
            _ => answer::status(out, 404, "no such path\n"),
        }
    }
}

wasi::http::proxy::export!(Mirror);
