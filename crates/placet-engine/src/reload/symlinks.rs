//! On which entries of which folders it hangs what a path leads to.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Links that are followed on one way; systems follow about as many.
const MAX_LINKS: usize = 40;

/// What to watch for changes of some files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Symlinks {
    /// The entries: files, found or not, links on the way to them, and the folders of all these. `true` for the
    /// folders, of which it is only of interest that they go and others take their places.
    pub(super) entries: BTreeMap<PathBuf, bool>,
    /// The folders.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Symlinks {
    /// The trails of absolute paths, as the links lead now. All paths in them are without links.
    pub(super) fn new<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Self {
        let mut trails = Self::default();
        for entry in paths.into_iter().flat_map(|path| entries(path)) {
            if let Some(folder) = entry.parent() {
                trails.folders.insert(folder.to_path_buf());
            }
            trails.entries.insert(entry, false);
        }
        for folder in &trails.folders {
            trails.entries.entry(folder.clone()).or_insert(true);
        }
        trails
    }
}

/// The links on the way and what they end at: the file, or the first entry that is not there.
fn entries(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut links = MAX_LINKS;
    let mut here = PathBuf::new();
    // The last is the next to be walked.
    let mut rest = parts(path);
    while let Some(part) = rest.pop() {
        match Path::new(&part).components().next() {
            Some(Component::Prefix(_) | Component::RootDir) => here.push(&part),
            Some(Component::ParentDir) => {
                here.pop();
            }
            Some(Component::Normal(name)) => {
                let entry = here.join(name);
                match fs::symlink_metadata(&entry) {
                    Ok(about) if about.is_symlink() && links > 0 => {
                        links -= 1;
                        rest.extend(fs::read_link(&entry).iter().flat_map(|target| parts(target)));
                        found.push(entry);
                    }
                    Ok(about) if about.is_dir() => here = entry,
                    _ => {
                        found.push(entry);
                        return found;
                    }
                }
            }
            Some(Component::CurDir) | None => {}
        }
    }
    found.push(here);
    found
}

/// The parts of a path, the last first.
fn parts(path: &Path) -> Vec<OsString> {
    let mut parts: Vec<OsString> = path.components().map(|part| part.as_os_str().to_owned()).collect();
    parts.reverse();
    parts
}

#[cfg(all(test, unix))]
mod tests {
    use super::Symlinks;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    fn trails(path: &Path) -> (Vec<(PathBuf, bool)>, Vec<PathBuf>) {
        let Symlinks { entries, folders } = Symlinks::new([&path.to_path_buf()]);
        (entries.into_iter().collect(), folders.into_iter().collect())
    }

    #[test]
    fn a_file_hangs_on_its_entry_and_on_that_of_its_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        fs::create_dir(root.join("a")).unwrap();
        fs::write(root.join("a/file"), "").unwrap();
        let (entries, folders) = trails(&root.join("a/../a/./file"));
        assert_eq!(entries, [(root.join("a"), true), (root.join("a/file"), false)]);
        assert_eq!(folders, [root.join("a")]);
    }

    #[test]
    fn a_way_that_ends_hangs_on_what_is_not_there() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let (entries, folders) = trails(&root.join("not/there"));
        assert_eq!(entries, [(root.clone(), true), (root.join("not"), false)]);
        assert_eq!(folders, [root]);
    }

    #[test]
    fn links_of_folders_and_files_are_on_the_way() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        for folder in ["mount", "mount/one", "elsewhere"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        fs::write(root.join("elsewhere/real"), "").unwrap();
        symlink(root.join("elsewhere/real"), root.join("mount/one/file")).unwrap();
        symlink("one", root.join("mount/..data")).unwrap();
        symlink("..data/file", root.join("mount/file")).unwrap();
        let (entries, folders) = trails(&root.join("mount/file"));
        let files: Vec<PathBuf> =
            entries.into_iter().filter(|(_, folder)| !folder).map(|(path, _)| path).collect();
        let expected = ["elsewhere/real", "mount/..data", "mount/file", "mount/one/file"];
        assert_eq!(files, expected.map(|entry| root.join(entry)));
        assert_eq!(folders, ["elsewhere", "mount", "mount/one"].map(|folder| root.join(folder)));
    }

    #[test]
    fn links_in_a_circle_end() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        let (entries, folders) = trails(&root.join("a"));
        assert!(entries.contains(&(root.join("a"), false)) && entries.contains(&(root.join("b"), false)));
        assert_eq!(folders, [root]);
    }
}
