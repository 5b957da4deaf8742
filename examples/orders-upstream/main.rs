//! The order service that `specs/orders/openapi.yaml` describes, in memory: something real to run an MCP server against.
//!
//!     cargo run --example orders-upstream
//!
//! Two users, `alice` (token `alice-token`) and `bob` (`bob-token`), each with their own orders, and the support desk
//! (`desk-token`), which sees the orders of both. The data is the same
//! after every start and there is no clock in it: what happens now, happens at [`store::NOW`]. Every answered request is
//! a line on stderr. This is an example and a test partner, not part of mcpgen: it uses nothing of it.

mod http;
mod recorder;
mod store;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::serve::ListenerExt;
use clap::Parser;

/// The order service of `specs/orders/openapi.yaml`, in memory.
#[derive(Debug, Parser)]
struct Flags {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4010", value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Keep every request as it came; `GET /__requests` gives the list, `DELETE /__requests` empties it.
    #[arg(long)]
    record: bool,
    /// Answer requests to paths that start so only after this time, for instance `/api/v1/tracking=5000`.
    #[arg(long, value_name = "PATH=MILLISECONDS", value_parser = delay)]
    delay: Vec<(String, Duration)>,
}

fn delay(text: &str) -> Result<(String, Duration), String> {
    let (path, milliseconds) = text
        .split_once('=')
        .ok_or("needs the form `PATH=MILLISECONDS`")?;
    let milliseconds = milliseconds
        .parse()
        .map_err(|_| format!("`{milliseconds}` is not a number of milliseconds"))?;
    Ok((path.to_owned(), Duration::from_millis(milliseconds)))
}

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    match serve(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            log(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

async fn serve(flags: Flags) -> Result<(), String> {
    let address = flags.listen;
    let listener = tokio::net::TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen on `{address}`: {error}"))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    announce(address);
    // Without it a small answer waits for the delayed acknowledgement of the one before (Nagle).
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, http::router(flags.record, flags.delay))
        .await
        .map_err(|error| error.to_string())
}

#[expect(
    clippy::print_stdout,
    reason = "scripts read the port that was taken from here"
)]
fn announce(address: SocketAddr) {
    println!("listening on http://{address}");
}

#[expect(clippy::print_stderr, reason = "the log of a command line program")]
fn log(line: &str) {
    eprintln!("{line}");
}
