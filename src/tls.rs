//! TLS for all that leaves this process: rustls on ring, with the roots that are given.

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// Settings of a client that trusts these roots.
///
/// # Errors
/// ring knows no safe protocol; it does.
pub fn client(roots: RootCertStore) -> Result<ClientConfig, String> {
    Ok(
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth(),
    )
}

/// The roots of the bundle that the settings name, in PEM.
///
/// # Errors
/// It cannot be read, or holds none; with the names of the variables.
pub fn bundle(path: &str) -> Result<RootCertStore, String> {
    let problem = |what: String| format!("AWS_CA_BUNDLE or SSL_CERT_FILE: {what}");
    let pem = std::fs::read(path).map_err(|error| problem(format!("cannot be read: {}", error.kind())))?;
    roots(&pem).ok_or_else(|| problem("holds no certificate in PEM form".to_owned()))
}

/// Roots in PEM; `None` when there is none that can be read.
pub fn roots(pem: &[u8]) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).filter_map(Result::ok));
    (!roots.is_empty()).then_some(roots)
}
