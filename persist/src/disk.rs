//! Files that are there as a whole or not at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where files are kept.
pub trait Disk: Send + Sync {
    /// Puts `bytes` in the place of the file at `path`, or makes it. Whoever reads it, also after a power cut, finds the
    /// old contents or the new ones; after a return without error, the new ones. The permissions stay.
    ///
    /// # Errors
    /// The operating system's. The old file is untouched, unless all that failed was to sync the folder: then either may
    /// be there after a power cut.
    fn replace_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
}

/// The operating system's files.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

/// Permissions of a file that is new, less the process's umask.
const NEW_FILE_MODE: u32 = 0o644;
/// The bits of a mode that are permissions.
const PERMISSION_BITS: u32 = 0o7777;

impl Disk for RealDisk {
    fn replace_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = path.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        let folder = folder_of(path);
        let temporary = folder.join(temporary_name(name));
        let written = write_new(&temporary, bytes, permissions(path)).and_then(|()| fs::rename(&temporary, path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        written?;
        // The new name is on the disk when the folder is.
        File::open(folder)?.sync_all()
    }
}

/// [`Disk::replace_file`] on the real disk.
///
/// # Errors
/// As there.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    RealDisk.replace_file(path, bytes)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A name that no other file of the folder has, on this machine and at this time.
fn temporary_name(of: &OsStr) -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = OsString::from(".");
    name.push(of);
    name.push(format!(".{}-{n}.tmp", std::process::id()));
    name
}

/// The permissions of the file that is there: it may hold passwords.
fn permissions(path: &Path) -> Option<Permissions> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    Some(Permissions::from_mode(mode & PERMISSION_BITS))
}

/// Writes and syncs a file that isn't there yet.
fn write_new(path: &Path, bytes: &[u8], like: Option<Permissions>) -> io::Result<()> {
    let mode = like.as_ref().map_or(NEW_FILE_MODE, PermissionsExt::mode);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    let mut file = match options.open(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            // Left behind by a process that had our number and was cut off.
            fs::remove_file(path)?;
            options.open(path)?
        }
        outcome => outcome?,
    };
    file.write_all(bytes)?;
    if let Some(permissions) = like {
        // The umask may have taken some away.
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// An empty folder, gone with the value.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("valkore-persist-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<_> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_else_is_left() {
        let folder = Folder::new("replace");
        let path = folder.0.join("a.conf");
        for contents in [&b"first"[..], b"", b"a longer one\n"] {
            replace_file(&path, contents).unwrap();
            assert_eq!(fs::read(&path).unwrap(), contents);
            assert_eq!(folder.names(), ["a.conf"]);
        }
    }

    #[test]
    fn who_has_the_old_file_open_goes_on_reading_it() {
        let folder = Folder::new("reader");
        let path = folder.0.join("a");
        fs::write(&path, "old").unwrap();
        let mut open = File::open(&path).unwrap();
        replace_file(&path, b"new").unwrap();
        assert_eq!(io::read_to_string(&mut open).unwrap(), "old");
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    }

    #[test]
    fn permissions_stay() {
        let folder = Folder::new("permissions");
        let path = folder.0.join("secret");
        fs::write(&path, "old").unwrap();
        for mode in [0o600, 0o666, 0o640] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            replace_file(&path, b"new").unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & PERMISSION_BITS, mode);
        }
        replace_file(&folder.0.join("fresh"), b"new").unwrap();
        let mode = fs::metadata(folder.0.join("fresh")).unwrap().permissions().mode() & PERMISSION_BITS;
        assert_eq!(mode & !NEW_FILE_MODE, 0, "{mode:o}");
    }

    #[test]
    fn a_failure_leaves_all_as_it_was() {
        let folder = Folder::new("failure");
        let missing = replace_file(&folder.0.join("no/such"), b"x").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let taken = folder.0.join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("inside"), "x").unwrap();
        assert_eq!(replace_file(&taken, b"x").unwrap_err().kind(), io::ErrorKind::IsADirectory);
        assert!(replace_file(Path::new("/"), b"x").is_err());
        assert_eq!(
            (folder.names(), fs::read_to_string(taken.join("inside")).unwrap()),
            (vec!["taken".into()], "x".into())
        );
    }

    #[test]
    fn what_an_earlier_process_left_behind_does_not_disturb() {
        let folder = Folder::new("leftover");
        // Names count up, over all tests: all that may come next.
        for n in 0..100 {
            fs::write(folder.0.join(format!(".a.{}-{n}.tmp", std::process::id())), "left").unwrap();
        }
        replace_file(&folder.0.join("a"), b"new").unwrap();
        assert_eq!(fs::read_to_string(folder.0.join("a")).unwrap(), "new");
        assert_eq!(folder.names().len(), 100, "one of them was used");
    }

    #[test]
    fn a_name_without_folder_is_in_the_working_directory() {
        assert_eq!(folder_of(Path::new("a.conf")), Path::new("."));
        assert_eq!(folder_of(Path::new("b/a.conf")), Path::new("b"));
        assert_eq!(folder_of(Path::new("/a.conf")), Path::new("/"));
    }
}
