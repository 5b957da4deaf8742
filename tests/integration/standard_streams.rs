//! A server over standard input and output, whatever these are: files, pipes, sockets.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{folder, mcpgen, root, spec};

const LIST: &str = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n";

fn serve(input: impl Into<Stdio>, output: impl Into<Stdio>) -> Child {
    mcpgen(root())
        .args(["serve".as_ref(), spec("petstore/openapi.yaml").as_os_str()])
        .stdin(input)
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts")
}

fn assert_lists_tools(answer: &str) {
    let answer: Value = serde_json::from_str(answer).expect("one line of JSON");
    assert_eq!(answer["id"], 1);
    assert!(answer["result"]["tools"][0]["name"].is_string(), "{answer}");
}

#[test]
fn files_are_read_and_written() {
    let folder = folder();
    let [input, output] = ["in", "out"].map(|name| folder.path().join(name));
    fs::write(&input, LIST).expect("writes");
    let opened = File::open(&input).expect("opens");
    let mut server = serve(opened, File::create(&output).expect("creates"));
    assert!(server.wait().expect("ends").success());
    assert_lists_tools(&fs::read_to_string(&output).expect("is text"));
}

/// What Node.js gives the processes that it starts.
#[test]
fn sockets_are_read_and_written() {
    let (mut to_server, input) = UnixStream::pair().expect("a socket");
    let (from_server, output) = UnixStream::pair().expect("a socket");
    let mut server = serve(OwnedFd::from(input), OwnedFd::from(output));
    to_server.write_all(LIST.as_bytes()).expect("writes");
    let mut lines = BufReader::new(from_server);
    let mut answer = String::new();
    lines.read_line(&mut answer).expect("reads");
    assert_lists_tools(&answer);
    drop(to_server);
    assert!(server.wait().expect("ends").success());
    assert_eq!(lines.read_to_string(&mut answer).expect("reads"), 0);
}

/// A shell that started the server has the same ends of the pipes, and goes on reading and writing them.
#[test]
#[cfg(target_os = "linux")]
fn pipes_stay_as_they_are_for_others_who_hold_them() {
    const O_NONBLOCK: u32 = 0o4000;
    let (input, mut to_server) = std::io::pipe().expect("a pipe");
    let (from_server, output) = std::io::pipe().expect("a pipe");
    let [shells_input, shells_output] = [
        OwnedFd::from(input.try_clone().expect("a second one")),
        OwnedFd::from(output.try_clone().expect("a second one")),
    ];
    let mut server = serve(input, output);
    to_server.write_all(LIST.as_bytes()).expect("writes");
    let mut answer = String::new();
    let mut lines = BufReader::new(from_server);
    lines.read_line(&mut answer).expect("reads");
    assert_lists_tools(&answer);
    for end in [&shells_input, &shells_output] {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", end.as_raw_fd()));
        let info = info.expect("is open");
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.expect("are told").trim();
        let flags = u32::from_str_radix(flags, 8).expect("octal digits");
        assert_eq!(flags & O_NONBLOCK, 0, "{info}");
    }
    drop(to_server);
    assert!(server.wait().expect("ends").success());
}

/// A client that is gone is noticed with the next answer.
#[test]
fn a_server_ends_when_nobody_reads_its_answers() {
    let (input, mut to_server) = std::io::pipe().expect("a pipe");
    let (from_server, output) = std::io::pipe().expect("a pipe");
    let mut server = serve(input, output);
    drop(from_server);
    to_server.write_all(LIST.as_bytes()).expect("writes");
    assert!(server.wait().expect("ends").success());
}
