//! Where the names of other hosts lead: never into a private network, whatever a name server says.

use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;
use tower_service::Service;

/// What is said of a name that leads elsewhere.
pub(super) const PRIVATE: &str = "the host's name leads into a private network";

/// The resolver of the system, and what may come of it. The connection is made to the very addresses that were looked
/// at here, so that a name cannot lead elsewhere a moment later.
#[derive(Clone)]
pub(super) struct Resolver {
    system: GaiResolver,
    rule: Rule,
}

/// Which addresses are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Those of the public internet.
    Public,
    /// All.
    Any,
    /// This one, whatever the name.
    Fixed(SocketAddr),
}

impl Resolver {
    pub(super) fn new(rule: Rule) -> Self {
        Self {
            system: GaiResolver::new(),
            rule,
        }
    }
}

impl Service<Name> for Resolver {
    type Response = IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(context)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rule = self.rule;
        if let Rule::Fixed(address) = rule {
            return Box::pin(async move { Ok(vec![address].into_iter()) });
        }
        let found = self.system.call(name);
        Box::pin(async move { permitted(found.await?, rule).map(Vec::into_iter) })
    }
}

/// One address that is not permitted is enough to refuse the name: an honest host has no such mixture.
fn permitted(found: impl Iterator<Item = SocketAddr>, rule: Rule) -> io::Result<Vec<SocketAddr>> {
    let found: Vec<SocketAddr> = found.collect();
    let is_permitted = |address: &SocketAddr| rule != Rule::Public || is_public(address.ip());
    if found.iter().all(is_permitted) {
        Ok(found)
    } else {
        Err(io::Error::new(io::ErrorKind::PermissionDenied, PRIVATE))
    }
}

/// Whether an address is of the public internet (IANA's registries of special-purpose addresses, RFC 6890).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0, ..] | [192, 0, 0, _] | [192, 88, 99, _] => true,
        // Shared by carriers (RFC 6598).
        [100, second, ..] => (64..128).contains(&second),
        // Benchmarks (RFC 2544).
        [198, 18 | 19, ..] => true,
        // Reserved, and broadcast.
        [240..=255, ..] => true,
        _ => false,
    };
    !special
        && !address.is_private()
        && !address.is_loopback()
        && !address.is_link_local()
        && !address.is_multicast()
        && !address.is_documentation()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    match address.segments() {
        // NAT64 (RFC 6052): what counts is where it leads.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        // Teredo and its neighbours, ORCHID, documentation.
        [0x2001, 0..=0x1ff | 0xdb8, ..] => false,
        // 6to4 and documentation.
        [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // All that was ever given to anybody for the public internet.
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_told_from_all_others() {
        for address in [
            "52.219.75.10",
            "3.5.140.1",
            "100.63.0.1",
            "100.128.0.1",
            "2600:1f18::1",
            "2a05:d050::7",
            "64:ff9b::34db:4b0a",
            "::ffff:52.219.75.10",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn one_private_address_among_public_ones_refuses_the_name() {
        let found = ["52.219.75.10:0", "10.0.0.1:0"].map(|text| text.parse().unwrap());
        let refused = permitted(found.into_iter(), Rule::Public).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(
            permitted(found.into_iter().take(1), Rule::Public).unwrap().len(),
            1
        );
        assert_eq!(permitted(found.into_iter(), Rule::Any).unwrap().len(), 2);
    }
}
