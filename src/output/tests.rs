//! How a directory behaves under builds, checks and the owner's own changes.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

/// A directory for one test, and the place of the crate in it.
fn place() -> (TempDir, PathBuf) {
    let temp = tempfile::tempdir().expect("a temporary directory");
    let dir = temp.path().join("shop-mcp");
    (temp, dir)
}

/// A tree with a lock, as `emit` makes it.
fn tree(files: &[(&str, &str)]) -> FileTree {
    let mut tree = FileTree::new();
    for (path, text) in files {
        let file = match *path {
            "src/custom.rs" => File::owned(*text),
            "Cargo.lock" => File {
                owner: Ownership::UntilEdited,
                ..File::generated(*text)
            },
            _ => File::generated(*text),
        };
        tree.insert(path, file).expect("a plain path");
    }
    let lock = Lock::default().with_files_of(&tree);
    tree.insert(LOCK_FILE, File::generated(lock.to_toml()))
        .expect("a plain path");
    tree
}

fn build(dir: &Path, files: &[(&str, &str)]) -> Result<Written, OutputError> {
    write(dir, &tree(files), &WritePolicy::default())
}

fn forced() -> WritePolicy {
    WritePolicy {
        force: true,
        ..WritePolicy::default()
    }
}

fn read(dir: &Path, path: &str) -> String {
    fs::read_to_string(dir.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every path below a directory, to see that nothing else was left.
fn paths(dir: &Path) -> Vec<String> {
    let mut result = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.is_symlink() {
                folders.push(path);
            } else {
                let relative = path.strip_prefix(dir).expect("below");
                result.push(relative.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    result.sort();
    result
}

#[test]
fn a_new_crate_is_written_with_the_folders_on_the_way() {
    let (temp, _) = place();
    let dir = temp.path().join("a/b/shop-mcp");
    build(&dir, &[("src/a.rs", "a\n")]).expect("the place is free");
    assert_eq!(
        paths(temp.path()),
        ["a/b/shop-mcp/mcpgen.lock", "a/b/shop-mcp/src/a.rs"]
    );
}

#[test]
fn a_second_build_touches_only_what_changed() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("b", "1\n")]).expect("the place is free");
    let before = fs::metadata(dir.join("a"))
        .and_then(|m| m.modified())
        .expect("a time");
    let inode = fs::canonicalize(dir.join("a")).expect("a path");
    let written = build(&dir, &[("a", "1\n"), ("b", "2\n")]).expect("nothing was edited");
    assert_eq!(written.updated, ["b", "mcpgen.lock"]);
    assert_eq!(written.unchanged, 1);
    assert_eq!(read(&dir, "b"), "2\n");
    assert_eq!(
        fs::metadata(inode)
            .and_then(|m| m.modified())
            .expect("a time"),
        before
    );
}

#[test]
fn a_file_that_the_plan_no_longer_has_is_removed_with_its_folder() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("src/tools/old.rs", "1\n")]).expect("the place is free");
    let written = build(&dir, &[("a", "1\n")]).expect("nothing was edited");
    assert_eq!(written.removed, ["src/tools/old.rs"]);
    assert_eq!(paths(&dir), ["a", "mcpgen.lock"]);
    assert!(!dir.join("src").exists());
}

#[test]
fn what_the_owner_added_is_left_alone() {
    let (_temp, dir) = place();
    build(
        &dir,
        &[("src/tools/old.rs", "1\n"), ("src/custom.rs", "first\n")],
    )
    .expect("free");
    fs::write(dir.join("src/custom.rs"), "mine\n").expect("writable");
    fs::write(dir.join("src/tools/mine.rs"), "mine\n").expect("writable");
    let written = build(&dir, &[("src/custom.rs", "second\n")]).expect("nothing was edited");
    assert_eq!(written.kept, ["src/custom.rs"]);
    assert_eq!(
        paths(&dir),
        ["mcpgen.lock", "src/custom.rs", "src/tools/mine.rs"]
    );
    assert_eq!(read(&dir, "src/custom.rs"), "mine\n");
}

#[test]
fn an_edited_file_is_an_error_and_nothing_is_written() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("src/b.rs", "1\n")]).expect("the place is free");
    fs::write(dir.join("src/b.rs"), "edited\n").expect("writable");
    let before = paths(&dir);
    let error =
        build(&dir, &[("a", "2\n"), ("src/b.rs", "2\n"), ("c", "2\n")]).expect_err("edited");
    assert_eq!(
        error,
        OutputError::Edited(vec![EditedFile {
            path: "src/b.rs".to_owned(),
            edit: Edit::Changed
        }])
    );
    assert_eq!(
        (read(&dir, "a"), read(&dir, "src/b.rs")),
        ("1\n".to_owned(), "edited\n".to_owned())
    );
    assert_eq!(paths(&dir), before);
    let help = error
        .into_diagnostics(&dir)
        .remove(0)
        .help
        .expect("a way out");
    for way in ["src/custom.rs", "mcpgen.toml", "keep", "--force"] {
        assert!(help.contains(way), "{help}");
    }
}

#[test]
fn force_overwrites_an_edited_file_and_keep_leaves_it() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("b", "1\n")]).expect("the place is free");
    fs::write(dir.join("a"), "edited\n").expect("writable");
    let next = tree(&[("a", "2\n"), ("b", "2\n")]);
    let keep = WritePolicy {
        keep: vec!["a".to_owned()],
        ..WritePolicy::default()
    };
    let written = write(&dir, &next, &keep).expect("kept");
    assert_eq!(written.kept, ["a"]);
    assert_eq!(
        (read(&dir, "a"), read(&dir, "b")),
        ("edited\n".to_owned(), "2\n".to_owned())
    );
    assert_eq!(check(&dir, &next, &keep), Ok(Vec::new()));
    let force = forced();
    write(&dir, &next, &force).expect("forced");
    assert_eq!(read(&dir, "a"), "2\n");
}

#[test]
fn a_file_that_mcpgen_never_wrote_is_not_overwritten() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n")]).expect("the place is free");
    fs::write(dir.join("b"), "mine\n").expect("writable");
    let error = build(&dir, &[("a", "1\n"), ("b", "2\n")]).expect_err("in the way");
    assert_eq!(
        error,
        OutputError::Edited(vec![EditedFile {
            path: "b".to_owned(),
            edit: Edit::Foreign
        }])
    );
}

#[test]
fn an_edited_file_that_left_the_plan_stays() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("b", "1\n")]).expect("the place is free");
    fs::write(dir.join("b"), "edited\n").expect("writable");
    let written = build(&dir, &[("a", "1\n")]).expect("nothing in the way");
    assert_eq!(
        (written.removed.len(), written.kept),
        (0, vec!["b".to_owned()])
    );
    assert_eq!(read(&dir, "b"), "edited\n");
}

#[test]
fn somebody_elses_project_is_not_ours_even_with_force() {
    let (_temp, dir) = place();
    fs::create_dir(&dir).expect("free");
    fs::write(dir.join("Cargo.toml"), "theirs").expect("writable");
    let force = forced();
    let error = write(&dir, &tree(&[("Cargo.toml", "ours")]), &force).expect_err("not ours");
    assert!(matches!(error, OutputError::NotOurs(_)), "{error}");
    assert_eq!(paths(&dir), ["Cargo.toml"]);
    assert_eq!(read(&dir, "Cargo.toml"), "theirs");
}

#[test]
fn an_empty_directory_and_a_fresh_repository_are_free() {
    let (_temp, dir) = place();
    fs::create_dir_all(dir.join(".git")).expect("free");
    build(&dir, &[("a", "1\n")]).expect("free");
    assert_eq!(paths(&dir), ["a", "mcpgen.lock"]);
}

#[test]
fn an_output_that_is_a_file_is_left_as_it_is() {
    let (_temp, dir) = place();
    fs::write(&dir, "theirs").expect("writable");
    let error = build(&dir, &[("a", "1\n")]).expect_err("a file");
    assert!(
        error
            .to_string()
            .ends_with("cannot be written: it is a file"),
        "{error}"
    );
    assert_eq!(fs::read_to_string(&dir).expect("still there"), "theirs");
}

#[test]
fn a_full_disk_is_told_in_plain_words() {
    let error = std::io::Error::from(std::io::ErrorKind::StorageFull);
    let error = OutputError::from_io(Path::new("shop-mcp/a"), &error);
    assert_eq!(
        error.to_string(),
        "`shop-mcp/a` cannot be written: the disk is full"
    );
}

#[test]
fn an_output_below_a_file_is_one_clear_error() {
    let (temp, _) = place();
    fs::write(temp.path().join("f"), "").expect("writable");
    let error = build(&temp.path().join("f/x"), &[("a", "1\n")]).expect_err("below a file");
    assert!(
        error.to_string().ends_with("a part of the path is a file"),
        "{error}"
    );
}

#[test]
fn a_broken_lock_is_an_error_until_forced() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n")]).expect("the place is free");
    fs::write(dir.join(LOCK_FILE), "<<<<<<< HEAD\n").expect("writable");
    let error = build(&dir, &[("a", "2\n")]).expect_err("a conflict");
    assert!(matches!(error, OutputError::BrokenLock { .. }), "{error}");
    let force = forced();
    write(&dir, &tree(&[("a", "2\n")]), &force).expect("forced");
    assert_eq!(
        build(&dir, &[("a", "2\n")]).map(|written| written.unchanged),
        Ok(2)
    );
}

#[test]
fn a_build_that_was_cut_off_half_way_is_completed_by_the_next() {
    let (_temp, dir) = place();
    build(&dir, &[("a", "1\n"), ("b", "1\n")]).expect("the place is free");
    fs::write(dir.join("a"), "2\n").expect("as if moved before the power failed");
    build(&dir, &[("a", "2\n"), ("b", "2\n")]).expect("the new text is not an edit");
    assert_eq!(read(&dir, "b"), "2\n");
}

#[test]
fn line_ends_of_windows_are_no_difference() {
    let (_temp, dir) = place();
    let files = [("a", "1\n2\n")];
    build(&dir, &files).expect("the place is free");
    fs::write(dir.join("a"), "1\r\n2\r\n").expect("writable");
    assert_eq!(
        check(&dir, &tree(&files), &WritePolicy::default()),
        Ok(Vec::new())
    );
    build(&dir, &[("a", "3\n")]).expect("a checkout with CRLF is not an edit");
    assert_eq!(read(&dir, "a"), "3\n");
}

#[test]
fn check_tells_missing_extra_outdated_and_edited_files_and_writes_nothing() {
    let (_temp, dir) = place();
    build(
        &dir,
        &[
            ("edited", "1\n"),
            ("extra", "1\n"),
            ("missing", "1\n"),
            ("old", "1\n"),
        ],
    )
    .expect("free");
    fs::write(dir.join("edited"), "mine\n").expect("writable");
    fs::remove_file(dir.join("missing")).expect("there");
    let before = paths(&dir);
    let next = tree(&[("edited", "1\n"), ("missing", "1\n"), ("old", "2\n")]);
    let differences = check(&dir, &next, &WritePolicy::default()).expect("ours");
    let found: String = differences
        .iter()
        .filter(|difference| difference.path != LOCK_FILE)
        .map(|difference| difference.diff.as_str())
        .collect();
    assert_eq!(
        found,
        "edited: edited\n--- a/edited\n+++ b/edited\n@@ -1 +1 @@\n-mine\n+1\n\
         missing: missing\n\
         outdated: old\n--- a/old\n+++ b/old\n@@ -1 +1 @@\n-1\n+2\n\
         extra: extra\n"
    );
    assert_eq!(paths(&dir), before);
}

#[test]
fn check_of_a_directory_that_does_not_exist_misses_every_file() {
    let (_temp, dir) = place();
    let found = check(&dir, &tree(&[("a", "1\n")]), &WritePolicy::default()).expect("no error");
    assert_eq!(found.len(), 2);
    assert!(!dir.exists());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_link_inside_the_output_is_not_followed_out_of_it() {
        let (temp, dir) = place();
        build(&dir, &[("src/a.rs", "1\n")]).expect("the place is free");
        let outside = temp.path().join("outside");
        fs::rename(dir.join("src"), &outside).expect("movable");
        symlink(&outside, dir.join("src")).expect("a link");
        let force = forced();
        let error = write(&dir, &tree(&[("src/a.rs", "2\n")]), &force).expect_err("a link");
        assert!(
            error
                .to_string()
                .contains("links inside the output are not followed"),
            "{error}"
        );
        assert_eq!(read(&outside, "a.rs"), "1\n");
    }

    #[test]
    fn a_file_that_became_a_link_is_replaced_only_when_forced_and_its_target_stays() {
        let (temp, dir) = place();
        build(&dir, &[("a", "1\n")]).expect("the place is free");
        let target = temp.path().join("target");
        fs::rename(dir.join("a"), &target).expect("movable");
        symlink(&target, dir.join("a")).expect("a link");
        let error = build(&dir, &[("a", "2\n")]).expect_err("a link");
        assert!(matches!(&error, OutputError::Edited(files) if files[0].edit == Edit::NotAFile));
        let force = forced();
        write(&dir, &tree(&[("a", "2\n")]), &force).expect("forced");
        assert_eq!(
            (read(&dir, "a"), read(temp.path(), "target")),
            ("2\n".to_owned(), "1\n".to_owned())
        );
        assert!(!dir.join("a").is_symlink());
    }

    #[test]
    fn a_link_to_the_output_directory_is_the_users_own_choice() {
        let (temp, dir) = place();
        let real = temp.path().join("real");
        fs::create_dir(&real).expect("free");
        symlink(&real, &dir).expect("a link");
        build(&dir, &[("a", "1\n")]).expect("free");
        assert_eq!(read(&real, "a"), "1\n");
    }

    #[test]
    fn a_new_crate_has_the_usual_permissions() {
        let (temp, dir) = place();
        fs::create_dir(temp.path().join("usual")).expect("free");
        build(&dir, &[("src/a", "1\n")]).expect("free");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode();
        assert_eq!(mode(&dir), mode(&temp.path().join("usual")));
        assert_eq!(mode(&dir.join("src")), mode(&temp.path().join("usual")));
    }

    #[test]
    fn an_executable_file_can_be_run_by_whoever_may_read_it() {
        let (_temp, dir) = place();
        let mut tree = FileTree::new();
        let script = File {
            executable: true,
            ..File::generated("#!/bin/sh\n")
        };
        tree.insert("run", script).expect("a plain path");
        write(&dir, &tree, &WritePolicy::default()).expect("free");
        let mode = fs::metadata(dir.join("run"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!((mode & 0o444) >> 2, mode & 0o111);
    }
}

#[test]
fn updated_dependencies_stay_updated() {
    let (_temp, dir) = place();
    build(&dir, &[("Cargo.lock", "1\n")]).expect("the place is free");
    let next = build(&dir, &[("Cargo.lock", "2\n")]).expect("nothing was edited");
    assert_eq!(next.updated, ["Cargo.lock", "mcpgen.lock"]);
    fs::write(dir.join("Cargo.lock"), "the owner's\n").expect("writable");
    for text in ["2\n", "3\n"] {
        let kept = build(&dir, &[("Cargo.lock", text)]).expect("it is the owner's to edit");
        assert_eq!(kept.kept, ["Cargo.lock"]);
        let nothing = check(
            &dir,
            &tree(&[("Cargo.lock", text)]),
            &WritePolicy::default(),
        );
        assert_eq!(nothing, Ok(Vec::new()));
    }
    write(&dir, &tree(&[("Cargo.lock", "3\n")]), &forced()).expect("forced");
    assert_eq!(read(&dir, "Cargo.lock"), "3\n");
}
