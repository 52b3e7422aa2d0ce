//! What is done before the first event, while Lambda gives the process a whole processor. With 128 MB it gets a
//! fourteenth of one afterwards, on which a TLS handshake takes longer than everything else that a request needs.

use super::lambda::Role;
use crate::web::App;
use std::time::Duration;

/// How long the first event waits for this at most. What fails or takes longer is left to the request that needs it.
const PATIENCE: Duration = Duration::from_millis(500);

/// Connects to what the role will call. Create also has its first data key.
pub async fn up(role: Role, app: &App) {
    let work = async {
        match role {
            Role::Create => {
                let now = u64::try_from((app.clock)().as_second()).unwrap_or_default();
                app.keys.prepare_sealing(now).await;
            }
            Role::Process => {
                tokio::join!(app.keys.connect(), app.tasks.connect());
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, work).await;
}
