//! A certificate authority of our own, and servers' certificates by it, good and bad.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Whose certificate the server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// One for the server's names by the authority that clients are told to trust.
    Trusted,
    /// The same by an authority that nobody knows.
    OtherAuthority,
    /// By the trusted authority, for another name.
    WrongName,
    /// By the trusted authority, for a time long ago.
    Expired,
}

/// The file of a certificate authority, removed when this is dropped.
pub struct AuthorityFile(PathBuf);

impl AuthorityFile {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for AuthorityFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a server of these names needs, and the file (for `SSL_CERT_FILE`) by which clients come to trust it.
pub fn acceptor(names: &[&str], identity: Identity) -> (TlsAcceptor, AuthorityFile) {
    let trusted = authority("authority of the tests");
    let unknown = authority("unknown authority");
    let file = unique_file();
    std::fs::write(&file, trusted.pem()).expect("a writable temporary directory");

    let names = match identity {
        Identity::Trusted | Identity::OtherAuthority | Identity::Expired => names,
        Identity::WrongName => &["elsewhere.invalid", "127.0.0.9"],
    };
    let issuer = match identity {
        Identity::Trusted | Identity::WrongName | Identity::Expired => &trusted,
        Identity::OtherAuthority => &unknown,
    };
    let mut params =
        CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).expect("names");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    match identity {
        Identity::Trusted | Identity::OtherAuthority | Identity::WrongName => {}
        Identity::Expired => {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2020, 12, 31);
        }
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, issuer).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a matching key");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), AuthorityFile(file))
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

fn unique_file() -> PathBuf {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("authority-of-tests-{}-{number}.pem", std::process::id()))
}
