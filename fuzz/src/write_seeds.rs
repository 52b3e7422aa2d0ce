//! Writes the first inputs of every target into folders: `seeds FOLDER`.

use sfn_callback_urls_fuzz::{Target, seeds};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("the argument names a folder");
    for target in Target::names() {
        let folder = Path::new(&folder).join(target);
        std::fs::create_dir_all(&folder)?;
        for (place, seed) in seeds(target).iter().enumerate() {
            std::fs::write(folder.join(format!("{place:04}")), seed)?;
        }
    }
    Ok(())
}
