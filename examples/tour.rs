//! From a spec to an agent's call: every step that an owner takes, shown and really done.
//!
//! `cargo run --example tour` builds mcpgen, makes a server crate from `specs/orders`, compiles it, starts a small order
//! service and lets a client call a tool over stdio and over HTTP.
#![expect(clippy::print_stdout, reason = "it is a demonstration for a terminal")]

use std::error::Error;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The services know this user (`examples/orders-upstream`).
const TOKEN: &str = "alice-token";

/// Ends a process when the tour ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // examples/tour lies in TARGET/debug/examples.
    let tour = std::env::current_exe()?;
    let target = tour
        .ancestors()
        .nth(3)
        .ok_or("the target directory was not found")?
        .to_owned();
    let output = target.join("tour/orders-mcp");

    step("compile mcpgen and the order service");
    run(cargo(root, &target).args([
        "build",
        "--quiet",
        "--locked",
        "--bin",
        "mcpgen",
        "--example",
        "orders-upstream",
    ]))?;

    step("mcpgen build specs/orders/openapi.yaml");
    // An earlier tour may have left a crate whose `src/custom.rs` mcpgen would rightly keep.
    if output.exists() {
        std::fs::remove_dir_all(&output)?;
    }
    let mcpgen = target.join("debug/mcpgen");
    run(Command::new(&mcpgen)
        .current_dir(root)
        .arg("build")
        .arg("specs/orders/openapi.yaml")
        .arg("-o")
        .arg(&output))?;

    step("cargo build, in the new crate");
    run(cargo(&output, &target).args(["build", "--quiet", "--locked"]))?;
    let server = target.join("debug/orders-mcp");

    step("start the order service");
    let (upstream, url) = start_upstream(&target.join("debug/examples/orders-upstream"))?;
    println!("it listens on {url}");

    step("call the tool `list_orders` over stdio");
    let answer = over_stdio(&server, &url)?;
    println!("{answer:#}");

    step("call the tool `list_orders` over HTTP");
    let answer = over_http(&server, &url)?;
    println!("{answer:#}");
    drop(upstream);

    println!("\nThe crate is yours to read: {}", output.display());
    Ok(())
}

fn step(text: &str) {
    println!("\n── {text}");
}

fn cargo(folder: &Path, target: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).env("CARGO_TARGET_DIR", target);
    command
}

fn run(command: &mut Command) -> Result<()> {
    let shown: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    println!("$ {} {}", program_name(command), shown.join(" "));
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("it failed: {status}").into())
    }
}

fn program_name(command: &Command) -> String {
    let path = PathBuf::from(command.get_program());
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn start_upstream(program: &Path) -> Result<(Running, String)> {
    let mut child = Command::new(program)
        .args(["--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let stdout = child.stdout.take().ok_or("its stdout is piped")?;
    let running = Running(child);
    let line = BufReader::new(stdout)
        .lines()
        .next()
        .ok_or("the order service ended")??;
    let address = line
        .split_whitespace()
        .last()
        .ok_or("it says where it listens")?;
    let url = format!("{address}/api");
    Ok((running, url))
}

fn server_command(program: &Path, upstream: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env("API_BASE_URL", upstream)
        .env("API_BEARER_AUTH_TOKEN", TOKEN)
        .env("MCP_LOG", "info");
    command
}

/// What a client sends for the call.
fn call(id: u32) -> Value {
    let arguments = json!({ "status": ["shipped"] });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "list_orders", "arguments": arguments } })
}

fn over_stdio(program: &Path, upstream: &str) -> Result<Value> {
    let mut child = server_command(program, upstream)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("its stdin is piped")?;
    let stdout = child.stdout.take().ok_or("its stdout is piped")?;
    let _running = Running(child);
    let client = json!({ "name": "tour", "version": "1" });
    let hello =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let messages = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        call(2),
    ];
    for message in &messages {
        println!("→ {message}");
        writeln!(stdin, "{message}")?;
    }
    for line in BufReader::new(stdout).lines() {
        let answer: Value = serde_json::from_str(&line?)?;
        if answer["id"] == 2 {
            return Ok(answer);
        }
    }
    Err("the server ended without an answer".into())
}

fn over_http(program: &Path, upstream: &str) -> Result<Value> {
    let mut child = server_command(program, upstream)
        .args(["--transport", "http", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let stderr = child.stderr.take().ok_or("its stderr is piped")?;
    let _running = Running(child);
    let address = listening_address(stderr)?;
    let body = call(1).to_string();
    println!("→ POST http://{address}/mcp {body}");
    let mut stream = TcpStream::connect(&address)?;
    write!(
        stream,
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let json = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body)
        .ok_or("it answers with HTTP")?;
    Ok(serde_json::from_str(json)?)
}

/// The server logs one JSON line when it listens; the port was its own choice.
fn listening_address(stderr: ChildStderr) -> Result<String> {
    let mut lines = BufReader::new(stderr).lines();
    while let Some(line) = lines.next() {
        let line = line?;
        let Ok(entry) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        let fields = if entry["fields"].is_object() {
            &entry["fields"]
        } else {
            &entry
        };
        if let Some(address) = fields["address"].as_str() {
            // Somebody has to read the rest, or the server would wait for it.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(address.to_owned());
        }
    }
    Err("the server did not say where it listens".into())
}
