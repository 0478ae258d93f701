//! The entries that a path's meaning depends on: symbolic links, files and their folders.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The maximum number of links followed on one path. Operating systems follow about as many.
const MAX_LINKS: usize = 40;

/// The entries and folders to watch for changes of some files.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Symlinks {
    /// Files (present or missing), links on the way to them, and the folders of all these. The value is `true` for a
    /// folder that only matters because it may be removed or replaced.
    pub(super) entries: BTreeMap<PathBuf, bool>,
    /// The folders to watch.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Symlinks {
    /// Resolves absolute paths through the current links. The resulting paths contain no links.
    pub(super) fn new<'p>(paths: impl IntoIterator<Item = &'p PathBuf>) -> Self {
        let mut watched = Self::default();
        for entry in paths.into_iter().flat_map(|path| entries(path)) {
            if let Some(folder) = entry.parent() {
                watched.folders.insert(folder.to_path_buf());
            }
            watched.entries.insert(entry, false);
        }
        for folder in &watched.folders {
            watched.entries.entry(folder.clone()).or_insert(true);
        }
        watched
    }
}

/// Returns the links on a path and its end: the file, or the first missing entry.
fn entries(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut links = MAX_LINKS;
    let mut here = PathBuf::new();
    // The remaining components, last first.
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
                    // A redirected link changes the path, so each link is an entry to watch. The limit ends circular
                    // links.
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

/// Returns the components of a path, last first.
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

    fn watched(path: &Path) -> (Vec<(PathBuf, bool)>, Vec<PathBuf>) {
        let Symlinks { entries, folders } = Symlinks::new([&path.to_path_buf()]);
        (entries.into_iter().collect(), folders.into_iter().collect())
    }

    #[test]
    fn new_finds_a_file_and_its_folder() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        fs::create_dir(root.join("a")).unwrap();
        fs::write(root.join("a/file"), "").unwrap();
        let (entries, folders) = watched(&root.join("a/../a/./file"));
        assert_eq!(entries, [(root.join("a"), true), (root.join("a/file"), false)]);
        assert_eq!(folders, [root.join("a")]);
    }

    #[test]
    fn new_ends_at_the_first_missing_entry() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let (entries, folders) = watched(&root.join("not/there"));
        assert_eq!(entries, [(root.clone(), true), (root.join("not"), false)]);
        assert_eq!(folders, [root]);
    }

    #[test]
    fn new_follows_links_of_folders_and_files() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        for folder in ["mount", "mount/one", "elsewhere"] {
            fs::create_dir(root.join(folder)).unwrap();
        }
        fs::write(root.join("elsewhere/real"), "").unwrap();
        symlink(root.join("elsewhere/real"), root.join("mount/one/file")).unwrap();
        symlink("one", root.join("mount/..data")).unwrap();
        symlink("..data/file", root.join("mount/file")).unwrap();
        let (entries, folders) = watched(&root.join("mount/file"));
        let files: Vec<PathBuf> =
            entries.into_iter().filter(|(_, folder)| !folder).map(|(path, _)| path).collect();
        let expected = ["elsewhere/real", "mount/..data", "mount/file", "mount/one/file"];
        assert_eq!(files, expected.map(|entry| root.join(entry)));
        assert_eq!(folders, ["elsewhere", "mount", "mount/one"].map(|folder| root.join(folder)));
    }

    #[test]
    fn new_ends_circular_links() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().canonicalize().unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        let (entries, folders) = watched(&root.join("a"));
        assert!(entries.contains(&(root.join("a"), false)) && entries.contains(&(root.join("b"), false)));
        assert_eq!(folders, [root]);
    }
}
