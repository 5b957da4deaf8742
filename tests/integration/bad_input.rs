//! Bad input: one clear diagnostic with place and way out, the right exit code, and nothing lost.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use crate::support::{folder, mcpgen, ran, run, tree};

const GOOD: &str = "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\nservers: [{url: 'https://shop.example'}]\n\
                    paths:\n  /orders:\n    get:\n      operationId: listOrders\n      responses: {'200': {description: ok}}\n";

/// Builds a spec of this text and expects one error of this code.
fn assert_refused(text: impl AsRef<[u8]>, code: &str) -> String {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), text).expect("writes");
    let ran = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("error[").count(), 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains(&format!("error[{code}]")),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(!folder.path().join("out").exists(), "nothing was written");
    ran.stderr
}

#[test]
fn text_that_is_not_yaml_names_line_and_column() {
    let stderr = assert_refused("openapi: 3.0.0\npaths:\n\t/a: {}\n", "spec-syntax");
    assert!(stderr.contains("spec.yaml:3:"), "{stderr}");
}

#[test]
fn an_empty_file_is_refused() {
    assert_refused("", "not-openapi");
}

#[test]
fn a_document_that_is_not_openapi_is_refused() {
    assert_refused("kind: Deployment\nmetadata: {name: a}\n", "not-openapi");
    assert_refused("- a\n- b\n", "not-openapi");
}

#[test]
fn html_is_refused() {
    let stderr = assert_refused(
        "<!DOCTYPE html>\n<html><body>Login</body></html>\n",
        "not-openapi",
    );
    assert!(stderr.contains("HTML"), "{stderr}");
}

#[test]
fn another_version_is_refused_with_the_versions_that_work() {
    let stderr = assert_refused(
        "openapi: 4.0.0\ninfo: {title: a, version: '1'}\npaths: {}\n",
        "unsupported-version",
    );
    assert!(stderr.contains("3.1"), "{stderr}");
}

#[test]
fn missing_paths_are_refused() {
    assert_refused(
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\n",
        "missing-paths",
    );
}

#[test]
fn a_spec_without_operations_says_why_there_are_no_tools() {
    assert_refused(
        "openapi: 3.0.3\ninfo: {title: a, version: '1'}\nservers: [{url: 'https://a.example'}]\npaths: {}\n",
        "no-tools",
    );
}

#[test]
fn deep_nesting_is_refused_instead_of_overflowing_the_stack() {
    let json = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert_refused(json, "depth-limit");
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    assert_refused([b'a', 0xc3, 0x28, 0x80, 0x13], "spec-syntax");
}

#[test]
fn a_missing_file_and_a_directory_are_refused() {
    let folder = folder();
    for name in ["missing.yaml", "."] {
        let ran = run(folder.path(), ["build", name]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("error[unreadable-spec]"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn without_a_spec_the_way_out_is_shown() {
    let folder = folder();
    let ran = run(folder.path(), ["build"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("mcpgen build openapi.yaml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_spec_on_stdin_is_built() {
    let folder = folder();
    let mut child = mcpgen(folder.path())
        .args(["build", "-", "-o", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mcpgen starts");
    child
        .stdin
        .take()
        .expect("is piped")
        .write_all(GOOD.as_bytes())
        .expect("writes");
    let ran = ran(child.wait_with_output().expect("ends"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(folder.path().join("out/Cargo.toml").is_file());
}

/// Answers one request on loopback with these bytes and gives the URL.
fn answering(response: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = listener.local_addr().expect("is bound");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("accepts");
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&response);
    });
    format!("http://{address}/openapi.yaml?token=secret")
}

fn response(status: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

#[test]
fn a_spec_behind_a_url_is_built_and_a_404_or_html_is_refused() {
    let folder = folder();
    let good = run(
        folder.path(),
        ["build", &answering(response("200 OK", GOOD)), "-o", "out"],
    );
    assert_eq!(good.code, 0, "{}", good.stderr);
    let missing = run(
        folder.path(),
        [
            "build",
            &answering(response("404 Not Found", "no")),
            "-o",
            "out",
        ],
    );
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("404"), "{}", missing.stderr);
    assert!(!missing.stderr.contains("secret"), "{}", missing.stderr);
    let html = run(
        folder.path(),
        [
            "build",
            &answering(response("200 OK", "<html>login</html>")),
            "-o",
            "out",
        ],
    );
    assert_eq!(html.code, 1);
    assert!(html.stderr.contains("HTML"), "{}", html.stderr);
}

#[test]
fn half_of_the_operations_broken_builds_the_other_half() {
    let folder = folder();
    let broken = format!(
        "{GOOD}    post:\n      parameters: nonsense\n      responses: {{}}\n  /b:\n    get: 7\n"
    );
    fs::write(folder.path().join("spec.yaml"), broken).expect("writes");
    let ran = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.matches("warning[invalid-operation]").count() >= 2,
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("spec.yaml:10:"), "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of"), "{}", ran.stderr);
}

/// A folder with a good crate in `out`, and what is in it.
fn built() -> (tempfile::TempDir, Vec<(String, Vec<u8>)>) {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    let ran = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let files = tree(&folder.path().join("out"));
    (folder, files)
}

#[test]
fn a_failed_build_leaves_the_old_crate_as_it_was() {
    let (folder, before) = built();
    fs::write(folder.path().join("spec.yaml"), "openapi: 3.0.3\ninfo: {").expect("writes");
    let ran = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(ran.code, 1);
    assert_eq!(tree(&folder.path().join("out")), before);
}

#[test]
fn an_output_that_is_a_file_or_somebody_elses_project_is_left_alone() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    fs::write(folder.path().join("file"), "mine").expect("writes");
    fs::create_dir(folder.path().join("project")).expect("makes");
    fs::write(folder.path().join("project/Cargo.toml"), "mine").expect("writes");
    let file = run(folder.path(), ["build", "spec.yaml", "-o", "file"]);
    assert_eq!(file.code, 1);
    assert!(
        file.stderr.contains("error[output-unwritable]"),
        "{}",
        file.stderr
    );
    let project = run(folder.path(), ["build", "spec.yaml", "-o", "project"]);
    assert_eq!(project.code, 1);
    assert!(
        project.stderr.contains("error[output-not-ours]"),
        "{}",
        project.stderr
    );
    assert_eq!(
        tree(&folder.path().join("project")),
        [("Cargo.toml".to_owned(), b"mine".to_vec())]
    );
}

#[test]
fn an_edited_generated_file_is_not_overwritten_without_force() {
    let (folder, _) = built();
    let main = folder.path().join("out/src/main.rs");
    fs::write(&main, "// mine\n").expect("writes");
    let refused = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("error[edited-file]") && refused.stderr.contains("src/main.rs"),
        "{}",
        refused.stderr
    );
    assert_eq!(fs::read_to_string(&main).expect("reads"), "// mine\n");
    let forced = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--force"],
    );
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert_ne!(fs::read_to_string(&main).expect("reads"), "// mine\n");
}

#[test]
fn check_says_of_an_edited_file_what_a_build_would_do() {
    let (folder, _) = built();
    fs::write(folder.path().join("out/src/main.rs"), "// mine\n").expect("writes");
    let drift = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--check"],
    );
    assert_eq!(drift.code, 3, "{}", drift.stderr);
    let told = &drift.stderr;
    assert!(told.contains("a build does not overwrite it"), "{told}");
    assert!(told.contains("`mcpgen build --force`"), "{told}");
}

#[test]
fn the_owners_file_survives_even_force() {
    let (folder, _) = built();
    let custom = folder.path().join("out/src/custom.rs");
    fs::write(&custom, "// mine\n").expect("writes");
    let ran = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--force"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(fs::read_to_string(&custom).expect("reads"), "// mine\n");
}

#[test]
fn check_finds_no_drift_then_drift_and_writes_nothing() {
    let (folder, before) = built();
    let same = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--check"],
    );
    assert_eq!(
        (same.code, same.stdout.as_str()),
        (0, ""),
        "{}",
        same.stderr
    );
    fs::write(
        folder.path().join("spec.yaml"),
        GOOD.replace("Shop", "Store"),
    )
    .expect("writes");
    let drift = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--check"],
    );
    assert_eq!(drift.code, 3, "{}", drift.stderr);
    assert!(
        drift.stdout.contains('+') && drift.stdout.contains("Store"),
        "{}",
        drift.stdout
    );
    assert_eq!(tree(&folder.path().join("out")), before);
}

#[test]
fn a_reference_to_a_document_that_was_not_read_has_the_help_for_where_the_spec_is() {
    let folder = folder();
    let spec = GOOD.replace(
        "get:",
        "get:
      parameters: [{$ref: 'x.yaml#/p'}]",
    );
    fs::write(folder.path().join("spec.yaml"), &spec).expect("writes");
    let named = run(folder.path(), ["inspect", "spec.yaml"]);
    assert!(!named.stderr.contains("stdin"), "{}", named.stderr);
    assert!(
        named.stderr.contains("where the document is named first"),
        "{}",
        named.stderr
    );
    let spec = fs::File::open(folder.path().join("spec.yaml")).expect("opens");
    let mut command = mcpgen(folder.path());
    command.args(["inspect", "-"]).stdin(spec);
    let told = ran(command.output().expect("mcpgen starts")).stderr;
    assert!(told.contains("a spec from stdin stands alone"), "{told}");
}

#[test]
fn check_of_a_directory_that_is_no_crate_is_told_once() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    for what in ["does not exist", "has nothing of a crate"] {
        let drift = run(
            folder.path(),
            ["build", "spec.yaml", "-o", "typo", "--check"],
        );
        assert_eq!((drift.code, &*drift.stdout), (3, ""), "{}", drift.stderr);
        assert_eq!(drift.stderr.matches("error[drift]").count(), 1);
        assert!(drift.stderr.contains(what), "{}", drift.stderr);
        fs::create_dir_all(folder.path().join("typo")).expect("can be made");
    }
}

#[test]
fn a_crate_is_checked_from_inside_with_its_own_spec_and_options() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    let ran = run(
        folder.path(),
        ["build", "spec.yaml", "-o", "out", "--name", "till"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let inside = run(&folder.path().join("out"), ["build", "--check"]);
    assert_eq!(inside.code, 0, "{}{}", inside.stdout, inside.stderr);
}

#[test]
fn numbers_that_are_meant_as_text_survive_a_build_from_inside() {
    let folder = folder();
    let version = GOOD.replace("version: '1'", "version: 1.10");
    fs::write(folder.path().join("spec.yaml"), version).expect("writes");
    let ran = run(folder.path(), ["build", "spec.yaml", "-o", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let bundle = fs::read_to_string(folder.path().join("out/openapi.json")).expect("reads");
    assert!(bundle.contains("\"version\": 1.10"), "{bundle}");
    let inside = run(&folder.path().join("out"), ["build", "--check"]);
    assert_eq!(inside.code, 0, "{}{}", inside.stdout, inside.stderr);
}

#[test]
fn what_the_owner_keeps_is_kept_from_inside_too() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    let config = "spec = 'spec.yaml'\noutput = 'out'\nkeep = ['README.md']\n";
    fs::write(folder.path().join("mcpgen.toml"), config).expect("writes");
    let ran = run(folder.path(), ["build"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let readme = folder.path().join("out/README.md");
    fs::write(&readme, "mine\n").expect("writes");
    let inside = run(&folder.path().join("out"), ["build", "--check"]);
    assert_eq!(inside.code, 0, "{}{}", inside.stdout, inside.stderr);
    let forced = run(&folder.path().join("out"), ["build", "--force"]);
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert_eq!(fs::read_to_string(&readme).expect("reads"), "mine\n");
}

#[test]
fn a_relative_server_still_starts_at_the_url_when_the_crate_is_built_from_inside() {
    let folder = folder();
    let relative = GOOD.replace("https://shop.example", "/api");
    let url = answering(response("200 OK", &relative));
    let ran = run(folder.path(), ["build", &url, "-o", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lock = fs::read_to_string(folder.path().join("out/mcpgen.lock")).expect("reads");
    assert!(!lock.contains("token="), "{lock}");
    let inside = run(&folder.path().join("out"), ["build", "--check"]);
    assert_eq!(inside.code, 0, "{}{}", inside.stdout, inside.stderr);
}

#[test]
fn two_builds_in_different_places_are_byte_identical() {
    let (first, files) = built();
    let (second, again) = built();
    assert_ne!(first.path(), second.path());
    assert!(files == again, "the builds differ");
}

#[test]
fn mistakes_on_the_command_line_exit_with_2() {
    let folder = folder();
    for arguments in [
        &["build", "--nonsense"][..],
        &["explain", "no-such-code"],
        &["inspect", "a", "--name-length", "3"],
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
    }
}

#[test]
fn a_misspelt_key_in_the_configuration_names_line_and_column() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    fs::write(
        folder.path().join("mcpgen.toml"),
        "spec = 'spec.yaml'\nnaem = 'x'\n",
    )
    .expect("writes");
    let ran = run(folder.path(), ["build"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("mcpgen.toml:2:1"), "{}", ran.stderr);
}

#[test]
fn a_selector_that_matches_nothing_is_a_warning() {
    let folder = folder();
    fs::write(folder.path().join("spec.yaml"), GOOD).expect("writes");
    let ran = run(
        folder.path(),
        ["inspect", "spec.yaml", "--exclude", "tag:nothing"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("warning[unused-selector]"),
        "{}",
        ran.stderr
    );
    let denied = run(
        folder.path(),
        [
            "inspect",
            "spec.yaml",
            "--exclude",
            "tag:nothing",
            "--deny-warnings",
        ],
    );
    assert_eq!(denied.code, 1);
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that does nothing says so")]
fn every_corpus_spec_is_inspected_without_a_panic() {
    let corpus = std::env::var("MCPGEN_CORPUS").unwrap_or_else(|_| "../shared/corpus".to_owned());
    let corpus = crate::support::root().join(corpus);
    if !corpus.is_dir() {
        eprintln!("no corpus at {}: set MCPGEN_CORPUS", corpus.display());
        return;
    }
    let table = fs::read_to_string(corpus.join("README.md")).expect("the corpus has a README");
    let mut seen = 0;
    for row in table
        .lines()
        .filter(|line| line.starts_with("| ") && line.matches('|').count() > 9)
        .skip(1)
    {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let path = corpus.join(cells[1]).join(cells[2]);
        if !path.is_file() {
            continue;
        }
        seen += 1;
        inspect(&path);
    }
    assert!(seen > 60, "the corpus was found: {seen}");
}

fn inspect(path: &Path) {
    let folder = folder();
    let ran = run(folder.path(), [Path::new("inspect"), path]);
    assert!(
        ran.code == 0 || ran.code == 1,
        "{}: {}",
        path.display(),
        ran.stderr
    );
    assert!(
        !ran.stderr.contains("panicked"),
        "{}: {}",
        path.display(),
        ran.stderr
    );
    if ran.code == 1 {
        assert!(
            ran.stderr.contains("error["),
            "{}: {}",
            path.display(),
            ran.stderr
        );
    }
}
