//! The rules of the repository, held by tests: who may import whom, what is published, how long a file may be.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with one of the endings, in order.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is readable") {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if endings
                .iter()
                .any(|ending| path.to_string_lossy().ends_with(ending))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn runtime() -> PathBuf {
    root().join("templates/crate/src/runtime")
}

/// The Rust files of a module: `src/NAME.rs` and everything in `src/NAME/`.
fn module(name: &str) -> Vec<PathBuf> {
    if name == "runtime" {
        return files(&runtime(), &[".rs"]);
    }
    let file = root().join("src").join(format!("{name}.rs"));
    let folder = root().join("src").join(name);
    let mut found: Vec<_> = file.is_file().then_some(file).into_iter().collect();
    if folder.is_dir() {
        found.extend(files(&folder, &[".rs"]));
    }
    assert!(!found.is_empty(), "there is no module `{name}`");
    found
}

/// The code of a file without its unit tests and comments, line by line.
fn code(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).expect("the file is text");
    text.lines()
        .take_while(|line| !line.trim_start().starts_with("#[cfg(test)]"))
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(ToOwned::to_owned)
        .collect()
}

fn is_test_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "tests.rs")
        || path.components().any(|part| part.as_os_str() == "tests")
}

fn assert_absent(module_name: &str, forbidden: &[&str]) {
    for path in module(module_name)
        .into_iter()
        .filter(|path| !is_test_file(path))
    {
        for line in code(&path) {
            for word in forbidden {
                assert!(
                    !line.contains(word),
                    "{}: `{word}` is not for `{module_name}`: {line}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn modules_import_only_what_the_design_allows() {
    let ours = [
        "crate::spec",
        "crate::api",
        "crate::plan",
        "crate::emit",
        "crate::output",
        "crate::cli",
        "crate::runtime",
    ];
    assert_absent("diagnostic", &ours);
    assert_absent(
        "spec",
        &[
            "crate::plan",
            "crate::emit",
            "crate::runtime",
            "crate::cli",
            "crate::output",
        ],
    );
    assert_absent(
        "api",
        &[
            "openapiv3",
            "std::fs",
            "crate::spec",
            "crate::plan",
            "crate::emit",
        ],
    );
    assert_absent(
        "plan",
        &["openapiv3", "crate::emit", "crate::spec", "std::fs"],
    );
    assert_absent(
        "emit",
        &[
            "crate::spec",
            "crate::api",
            "std::fs",
            "std::env",
            "SystemTime",
            "Instant::now",
        ],
    );
    assert_absent("output", &["crate::spec", "crate::plan", "crate::api"]);
    assert_absent("runtime", &["crate::", "mcpgen::"]);
}

#[test]
fn each_library_has_one_importer() {
    let owners = [
        ("openapiv3", "spec"),
        ("serde_yaml", "spec"),
        ("minijinja", "emit"),
        ("prettyplease", "emit"),
        ("syn::", "emit"),
        ("reqwest", "cli"),
    ];
    for name in [
        "diagnostic",
        "api",
        "plan",
        "emit",
        "output",
        "cli",
        "config",
        "selector",
        "spec",
        "runtime",
    ] {
        let foreign: Vec<_> = owners
            .iter()
            .filter(|(_, owner)| *owner != name)
            .map(|(library, _)| *library)
            .collect();
        assert_absent(name, &foreign);
    }
}

#[test]
fn the_stages_are_deterministic_by_construction() {
    for name in ["api", "plan", "emit"] {
        assert_absent(name, &["HashMap", "HashSet"]);
    }
}

#[test]
fn no_file_is_longer_than_800_lines_and_every_module_says_what_it_is_for() {
    let sources = files(&root().join("src"), &[".rs"])
        .into_iter()
        .chain(files(&runtime(), &[".rs"]));
    for path in sources {
        let text = fs::read_to_string(&path).expect("the file is text");
        assert!(
            text.lines().count() <= 800,
            "{} is longer than 800 lines",
            path.display()
        );
        assert!(
            is_test_file(&path) || text.starts_with("//!"),
            "{} does not open with `//!`",
            path.display()
        );
    }
}

#[test]
fn every_source_file_is_part_of_a_program() {
    let folders = [root().join("src"), runtime(), root().join("tests")];
    let sources: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| files(folder, &[".rs"]))
        .filter(|path| !path.starts_with(root().join("tests/fuzz")))
        .collect();
    let declared: String = sources
        .iter()
        .map(|path| fs::read_to_string(path).expect("the file is text"))
        .collect();
    for path in sources {
        let folder = path.parent().expect("a file lies in a folder");
        let name = match path.file_stem().and_then(OsStr::to_str) {
            Some("main" | "lib") => continue,
            Some("mod") => folder.file_name(),
            _ => path.file_stem(),
        };
        let name = name.and_then(OsStr::to_str).expect("the name is text");
        let home = if path.ends_with("mod.rs") {
            folder.parent().expect("a module lies in another")
        } else {
            folder
        };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|file| home.join(file));
        let says_so = |parent: &Path| {
            fs::read_to_string(parent).is_ok_and(|text| text.contains(&format!("mod {name};")))
        };
        let by_path = || declared.contains(&format!("/{name}/mod.rs\"]"));
        assert!(
            parents.iter().any(|parent| says_so(parent))
                || says_so(&home.with_extension("rs"))
                || by_path(),
            "{} belongs to no program: no file says `mod {name};`",
            path.display()
        );
    }
}

#[test]
fn the_published_package_holds_every_template() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let listed = Command::new(cargo)
        .args(["package", "--list", "--allow-dirty", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        listed.status.success(),
        "{}",
        String::from_utf8_lossy(&listed.stderr)
    );
    let listed = String::from_utf8_lossy(&listed.stdout);
    for path in files(&root().join("templates"), &[""]) {
        let name = path
            .strip_prefix(root())
            .expect("is below the root")
            .to_string_lossy()
            .replace('\\', "/");
        assert!(
            listed.lines().any(|line| line == name),
            "{name} is not in the package"
        );
    }
}

#[test]
fn the_map_names_only_modules_that_exist() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("there is a map");
    let named: Vec<_> = map
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.starts_with("src/") || word.starts_with("templates/"))
        .collect();
    assert!(named.len() >= 8, "the map names its modules");
    for name in named {
        assert!(
            root().join(name).exists(),
            "ARCHITECTURE.md names {name}, which does not exist"
        );
    }
}

/// `name = …` lines of a table in a Cargo.toml, sorted.
fn table_lines(manifest: &str, table: &str) -> Vec<String> {
    let mut lines: Vec<_> = manifest
        .lines()
        .skip_while(|line| line.trim() != table)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty() && !line.starts_with("{%"))
        .map(ToOwned::to_owned)
        .collect();
    lines.sort();
    lines
}

#[test]
fn generated_crates_depend_on_what_the_runtime_was_tested_with() {
    let ours = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is readable");
    let ours = table_lines(&ours, "[dependencies]");
    let theirs = fs::read_to_string(root().join("templates/crate/Cargo.toml.j2"))
        .expect("the template is readable");
    let theirs = table_lines(&theirs, "[dependencies]");
    assert!(theirs.len() > 10, "the template's dependencies were found");
    for line in theirs {
        assert!(
            ours.contains(&line),
            "Cargo.toml lacks `{line}` of the template"
        );
    }
}

#[test]
fn the_policies_in_the_readme_are_those_of_the_example() {
    let read = |path: &str| std::fs::read_to_string(path).expect("readable");
    let policies = read("specs/orders/policies.toml");
    assert!(
        read("README.md").contains(policies.trim()),
        "copy specs/orders/policies.toml"
    );
}
