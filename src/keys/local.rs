//! Keys of a file, for a service without KMS (suite 0x02 of docs/FORMAT.md).

use crate::seal::{DataKey, KeyRef, SealingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use zeroize::Zeroizing;

/// One or more keys: the first seals, all open.
pub struct LocalKeys {
    first: Arc<SealingKey>,
    all: Vec<([u8; 8], Arc<DataKey>)>,
}

impl LocalKeys {
    /// Reads lines of `<id as 16 hex digits>:<base64 of 32 bytes>`. Empty lines and lines with `#` are passed over.
    ///
    /// # Errors
    /// The number of the first line that is wrong; nothing of its content.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim()));
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let mut first = None;
        let mut all = Vec::new();
        for (number, line) in lines {
            let key = |what: &str| read_line(line).ok_or(format!("line {number} {what}"));
            let key = key("is not `<id>:<base64 of 32 bytes>` with the id of that key")?;
            let id = key.local_id();
            if first.is_none() {
                let reference = KeyRef::Local(id);
                first = Some(Arc::new(SealingKey {
                    key: DataKey::new(*key.expose()),
                    reference,
                }));
            }
            all.push((id, Arc::new(key)));
        }
        Ok(Self {
            first: first.ok_or("holds no key")?,
            all,
        })
    }

    /// The line of a key.
    pub fn line(key: &DataKey) -> Zeroizing<String> {
        let id: String = key.local_id().iter().map(|byte| format!("{byte:02x}")).collect();
        Zeroizing::new(format!("{id}:{}", STANDARD.encode(key.expose())))
    }

    pub(super) fn first(&self) -> Arc<SealingKey> {
        self.first.clone()
    }

    pub(super) fn by_id(&self, id: &[u8; 8]) -> Option<Arc<DataKey>> {
        self.all
            .iter()
            .find(|(own, _)| own == id)
            .map(|(_, key)| key.clone())
    }
}

fn read_line(line: &str) -> Option<DataKey> {
    let (id, key) = line.split_once(':')?;
    let bytes = Zeroizing::new(STANDARD.decode(key.trim()).ok()?);
    let key = DataKey::from_slice(&bytes)?;
    LocalKeys::line(&key)
        .starts_with(&format!("{}:", id.trim()))
        .then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (one, two) = (DataKey::new([1; 32]), DataKey::new([2; 32]));
        let text = format!(
            "# keys\n\n{}\n {} \n",
            *LocalKeys::line(&one),
            *LocalKeys::line(&two)
        );
        let keys = LocalKeys::parse(&text).unwrap();
        assert_eq!(keys.first().reference, KeyRef::Local(one.local_id()));
        assert_eq!(keys.by_id(&two.local_id()).unwrap().expose(), two.expose());
        assert!(keys.by_id(&[0; 8]).is_none());
    }

    #[test]
    fn other_files_are_refused_without_showing_them() {
        let line = LocalKeys::line(&DataKey::new([1; 32])).to_string();
        let (id, key) = line.split_once(':').unwrap();
        for text in [
            String::new(),
            "# nothing".to_owned(),
            key.to_owned(),
            format!("0000000000000000:{key}"),
            format!("{id}:AAAA"),
            format!("{id}:!"),
            format!(":{key}"),
        ] {
            let message = LocalKeys::parse(&text).err().expect(&text);
            assert!(!message.contains(&key[..8]), "{message}");
        }
        assert_eq!(
            LocalKeys::parse("\nx").err().as_deref(),
            Some("line 2 is not `<id>:<base64 of 32 bytes>` with the id of that key")
        );
    }
}
