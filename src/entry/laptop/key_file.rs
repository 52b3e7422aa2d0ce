//! The only data on disk: the local key, which nobody else may read.

use crate::entry::process;
use crate::keys::local::LocalKeys;
use crate::seal::DataKey;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The keys of the file, which is made with a new key when it is not there.
///
/// # Errors
/// A sentence with the path.
pub fn read_or_make(path: &Path) -> Result<LocalKeys, String> {
    let problem = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    match read(path) {
        Ok(Some(keys)) => return Ok(keys),
        Ok(None) => {}
        Err(what) => return Err(problem(&what)),
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| problem(&error))?;
    }
    let mut bytes = [0; 32];
    process::random(&mut bytes);
    let line = LocalKeys::line(&DataKey::new(bytes));
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| writeln!(file, "{}", *line))
        .map_err(|error| problem(&error))?;
    LocalKeys::parse(&line).map_err(|what| problem(&what))
}

/// The keys of the file; `None` when it is not there.
///
/// # Errors
/// A sentence without the path.
pub fn read(path: &Path) -> Result<Option<LocalKeys>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let mode = fs::metadata(path)
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(format!(
            "others can read this key (mode {:o}); run chmod 600 on it",
            mode & 0o777
        ));
    }
    LocalKeys::parse(&text).map(Some)
}

/// Where the key is when nobody says otherwise (XDG Base Directory Specification).
///
/// # Errors
/// There is no home.
#[expect(
    clippy::disallowed_methods,
    reason = "the home of a person is no setting of the service"
)]
pub fn default_path() -> Result<PathBuf, String> {
    let folder = |name: &str| {
        std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let data = folder("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    let data = data.ok_or("HOME is not set; name a file with --key-file")?;
    Ok(data.join("sfn-callback-urls/local.key"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sfn-callback-urls-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn a_key_is_made_once_and_only_for_its_owner() {
        let folder = folder("made");
        let path = folder.join("deep/local.key");
        assert!(read(&path).unwrap().is_none());
        read_or_make(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        read_or_make(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let folder = folder("mode");
        let path = folder.join("local.key");
        read_or_make(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let problem = read_or_make(&path).err().unwrap();
        assert!(
            problem.contains("chmod 600") && problem.contains("local.key"),
            "{problem}"
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_and_kept() {
        let folder = folder("other");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("local.key");
        fs::write(&path, "precious").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(read_or_make(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_dir_all(folder).unwrap();
    }
}
