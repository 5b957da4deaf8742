//! A server over standard input and output, whatever these are: files, pipes, sockets.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

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

/// Waits until the server has ended by itself, and well.
fn assert_ends(server: &mut Child) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        if let Some(status) = server.try_wait().expect("is ours") {
            assert!(status.success(), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    server.kill().expect("is ours");
    panic!("the server does not end");
}

/// The flags of an open file (fcntl.h) of this process or another, and what it is.
#[cfg(target_os = "linux")]
fn open_file(process: &str, descriptor: &str) -> (u32, String) {
    let info = fs::read_to_string(format!("/proc/{process}/fdinfo/{descriptor}"));
    let info = info.expect("is open");
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.expect("are told").trim();
    let link = fs::read_link(format!("/proc/{process}/fd/{descriptor}"));
    (
        u32::from_str_radix(flags, 8).expect("octal digits"),
        link.expect("is open").to_string_lossy().into_owned(),
    )
}

#[test]
fn files_are_read_and_written() {
    let folder = folder();
    let [input, output] = ["in", "out"].map(|name| folder.path().join(name));
    fs::write(&input, LIST).expect("writes");
    let opened = File::open(&input).expect("opens");
    let mut server = serve(opened, File::create(&output).expect("creates"));
    assert_ends(&mut server);
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
    assert_ends(&mut server);
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
    let id = server.id().to_string();
    let opened: Vec<(u32, String)> = fs::read_dir(format!("/proc/{id}/fd"))
        .expect("runs")
        .map(|entry| entry.expect("is open").file_name())
        .map(|descriptor| open_file(&id, &descriptor.to_string_lossy()))
        .collect();
    for end in [&shells_input, &shells_output] {
        let (flags, pipe) = open_file("self", &end.as_raw_fd().to_string());
        assert_eq!(flags & O_NONBLOCK, 0, "{pipe}");
        let own = |(flags, other): &(u32, String)| *other == pipe && flags & O_NONBLOCK != 0;
        assert!(opened.iter().any(own), "{pipe} is read by a thread");
    }
    drop(to_server);
    assert_ends(&mut server);
}

/// `echo … > fifo`: the writer may be gone before the server has begun.
#[test]
fn the_end_of_a_fifo_is_seen_when_its_writer_is_gone() {
    let folder = folder();
    let path = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    // Both ends are open, so that neither waits for the other; the writer is gone when the server starts.
    let both = File::options().read(true).write(true).open(&path);
    let mut both = both.expect("opens");
    let input = File::open(&path).expect("opens");
    both.write_all(LIST.as_bytes()).expect("writes");
    drop(both);
    let (mut from_server, output) = std::io::pipe().expect("a pipe");
    let mut server = serve(input, output);
    assert_ends(&mut server);
    let mut answer = String::new();
    from_server.read_to_string(&mut answer).expect("is text");
    assert_lists_tools(&answer);
}

/// `serve spec < requests | less`: what was asked is answered, however slowly the answers are read.
#[test]
fn a_client_that_reads_late_gets_every_answer() {
    const MANY: usize = 200;
    let (input, mut to_server) = std::io::pipe().expect("a pipe");
    let (from_server, output) = std::io::pipe().expect("a pipe");
    let mut server = serve(input, output);
    let asking = std::thread::spawn(move || to_server.write_all(LIST.repeat(MANY).as_bytes()));
    let mut lines = BufReader::new(from_server).lines();
    let first = lines.next().expect("an answer").expect("is text");
    assert_lists_tools(&first);
    // Longer than the server would wait for its calls.
    std::thread::sleep(Duration::from_secs(12));
    let rest: Vec<String> = lines.map(|line| line.expect("is text")).collect();
    assert_eq!(rest.len(), MANY - 1);
    for answer in &rest {
        assert_lists_tools(answer);
    }
    asking.join().expect("no panic").expect("all written");
    assert_ends(&mut server);
}

#[test]
#[cfg(target_os = "linux")]
fn answers_that_cannot_be_written_are_an_error() {
    let folder = folder();
    let input = folder.path().join("in");
    fs::write(&input, LIST).expect("writes");
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("opens");
    let server = mcpgen(root())
        .args(["serve".as_ref(), spec("petstore/openapi.yaml").as_os_str()])
        .stdin(File::open(&input).expect("opens"))
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let ended = server.wait_with_output().expect("ends");
    assert_eq!(ended.status.code(), Some(1));
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(
        told.contains("error: standard output cannot be written"),
        "{told}"
    );
}

/// A client that is gone is noticed with the next answer.
#[test]
fn a_server_ends_when_nobody_reads_its_answers() {
    let (input, mut to_server) = std::io::pipe().expect("a pipe");
    let (from_server, output) = std::io::pipe().expect("a pipe");
    let mut server = serve(input, output);
    drop(from_server);
    to_server.write_all(LIST.as_bytes()).expect("writes");
    assert_ends(&mut server);
}
