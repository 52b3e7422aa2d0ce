//! The source address of a visitor, and the networks that it is counted by (docs/FORMAT.md, "The gate").

use std::net::{IpAddr, Ipv6Addr, SocketAddrV4};

/// A source address. An IPv4 address that is written as an IPv6 one (RFC 4291, 2.5.5.2) is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(IpAddr);

impl Address {
    /// As front doors write it; also with a port (RFC 3986, 3.2) or a zone (RFC 4007, 11), which say nothing of the
    /// visitor. `None` for what is not an address.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(with_port) = text.parse::<SocketAddrV4>() {
            return Some(Self((*with_port.ip()).into()));
        }
        let bare = match text.strip_prefix('[') {
            None => text,
            Some(rest) => {
                let (inner, after) = rest.split_once(']')?;
                let port = after.strip_prefix(':');
                let is_right = port.map_or(after.is_empty(), |port| port.parse::<u16>().is_ok());
                is_right.then_some(inner)?
            }
        };
        let address = match (bare.split_once('%'), bare == text) {
            (None, true) => bare.parse::<IpAddr>().ok()?,
            // IPv4 has neither brackets nor zones.
            (None, false) => bare.parse::<Ipv6Addr>().ok()?.into(),
            (Some((address, zone)), _) if !zone.is_empty() => address.parse::<Ipv6Addr>().ok()?.into(),
            (Some(_), _) => return None,
        };
        Some(Self(address.to_canonical()))
    }

    /// The networks that it is counted by, the narrowest first.
    pub(super) fn networks(self) -> impl Iterator<Item = Network> {
        let (narrow, wide) = match self.0 {
            IpAddr::V4(address) => (Network::V4(address.octets()), None),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                let wide = Network::V6Wide([a, b, c, d, e, f]);
                (Network::V6([a, b, c, d, e, f, g, h]), Some(wide))
            }
        };
        std::iter::once(narrow).chain(wide)
    }
}

/// What a visitor can be told by without being many: whoever has one IPv6 address has the 2^64 of its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Network {
    /// One address of IPv4.
    V4([u8; 4]),
    /// A /64 of IPv6: a line, or a device.
    V6([u8; 8]),
    /// A /48 of IPv6: a site, which may have 65,536 of those.
    V6Wide([u8; 6]),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Vec<Network> {
        Address::parse(text)
            .into_iter()
            .flat_map(Address::networks)
            .collect()
    }

    #[test]
    fn an_address_of_ipv4_is_counted_by_itself() {
        let same = [
            "192.0.2.1",
            " 192.0.2.1 ",
            "192.0.2.1:443",
            "192.0.2.1:0",
            "::ffff:192.0.2.1",
            "::FFFF:192.0.2.1",
            "::ffff:c000:0201",
            "::ffff:C000:201",
            "0:0:0:0:0:ffff:192.0.2.1",
            "0000:0000:0000:0000:0000:ffff:c000:0201",
            "[::ffff:192.0.2.1]:443",
            "[::ffff:c000:201]",
            "::ffff:192.0.2.1%eth0",
        ];
        for text in same {
            assert_eq!(networks(text), [Network::V4([192, 0, 2, 1])], "{text}");
        }
        assert_eq!(networks("192.0.2.2"), [Network::V4([192, 0, 2, 2])]);
        assert_eq!(networks("127.0.0.1"), [Network::V4([127, 0, 0, 1])]);
    }

    #[test]
    fn an_address_of_ipv6_is_counted_by_its_line_and_its_site() {
        let (line, site) = (
            Network::V6([0x20, 1, 0xd, 0xb8, 0, 1, 0, 2]),
            Network::V6Wide([0x20, 1, 0xd, 0xb8, 0, 1]),
        );
        for text in [
            "2001:db8:1:2::1",
            "2001:DB8:1:2::1",
            "2001:0db8:0001:0002:0000:0000:0000:0001",
            "2001:db8:1:2:ffff:ffff:ffff:ffff",
            "2001:db8:1:2::192.0.2.1",
            "[2001:db8:1:2::1]",
            "[2001:db8:1:2::1]:443",
            "2001:db8:1:2::1%eth0",
            "[2001:db8:1:2::1%25eth0]:443",
        ] {
            assert_eq!(networks(text), [line, site], "{text}");
        }
        assert_eq!(networks("2001:db8:1:3::1")[1], site, "another line of the site");
        assert_ne!(networks("2001:db8:1:3::1")[0], line);
        assert_ne!(networks("2001:db8:2:2::1")[1], site);
        // Not mapped: the forms that only look so.
        for text in [
            "::192.0.2.1",
            "::fffe:192.0.2.1",
            "1::ffff:192.0.2.1",
            "::1",
            "::",
        ] {
            assert_eq!(networks(text).len(), 2, "{text}");
        }
    }

    #[test]
    fn what_is_not_an_address_is_counted_by_nothing() {
        for text in [
            "",
            " ",
            "unknown",
            "localhost",
            "192.0.2",
            "192.0.2.1.1",
            "192.0.2.256",
            "192.0.2.01",
            "0xc0000201",
            "192.0.2.1:",
            "192.0.2.1:65536",
            "192.0.2.1:x",
            "192.0.2.1%eth0",
            "192.0.2.1, 192.0.2.2",
            "192.0.2.0/24",
            "[192.0.2.1]",
            "[192.0.2.1]:443",
            "2001:db8::1::2",
            "2001:db8::g",
            "2001:db8:1:2:3:4:5:6:7",
            "2001:db8::1%",
            "[2001:db8::1",
            "[2001:db8::1]443",
            "[2001:db8::1]:",
            "[2001:db8::1]:65536",
            "2001:db8::1]",
            "%eth0",
            "\u{661}92.0.2.1",
        ] {
            assert_eq!(networks(text), [], "{text}");
        }
    }
}
