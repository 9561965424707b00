//! Which addresses are of the public internet. All else could be a machine that trusts us because we stand beside it.
//!
//! From IANA's registries of special-purpose addresses (RFC 6890 and its successors), and what carries an IPv4 address inside an IPv6
//! one, for that would be a way around.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Network, length of its prefix, what it is.
type Network<A> = (A, u32, &'static str);

const SPECIAL_V4: [Network<Ipv4Addr>; 18] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "of this very network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared by a carrier's customers"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "this machine"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's metadata service"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local, where clouds keep their metadata service"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "of a protocol"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "of documentation"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "of a protocol"),
    (Ipv4Addr::new(192, 52, 193, 0), 24, "of a protocol"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a relay of 6to4"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "of benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "of documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "of documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// What of IPv6 is public lies in here.
const GLOBAL_V6: Network<Ipv6Addr> = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3, "public");

/// In the order in which the first one that holds is told; the public range follows.
const SPECIAL_V6: [Network<Ipv6Addr>; 13] = [
    (Ipv6Addr::LOCALHOST, 128, "this machine"),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "an IPv4 address in disguise"),
    (Ipv6Addr::UNSPECIFIED, 96, "an IPv4 address in disguise"),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, "an IPv4 address behind NAT64"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "an IPv4 address behind NAT64"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "of a protocol (Teredo, ORCHID, benchmarks)"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "of documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "an IPv4 address in 6to4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "of documentation"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "private"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

/// What an address is, if it is not of the public internet.
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => {
            let holds = |network: &&Network<Ipv4Addr>| {
                (u32::from(address) ^ u32::from(network.0)).checked_shr(32 - network.1).is_none_or(|rest| rest == 0)
            };
            SPECIAL_V4.iter().find(holds).map(|network| network.2)
        }
        IpAddr::V6(address) => {
            let holds = |network: &&Network<Ipv6Addr>| {
                (u128::from(address) ^ u128::from(network.0)).checked_shr(128 - network.1).is_none_or(|rest| rest == 0)
            };
            let special = SPECIAL_V6.iter().find(holds).map(|network| network.2);
            special.or((!holds(&&GLOBAL_V6)).then_some("not public")).or_else(|| isatap(address))
        }
    }
}

/// ISATAP (RFC 5214): any prefix, then `0:5efe` or `200:5efe` and an IPv4 address.
fn isatap(address: Ipv6Addr) -> Option<&'static str> {
    let [.., mark, kind, _, _] = address.segments();
    (kind == 0x5efe && matches!(mark, 0 | 0x200)).then_some("an IPv4 address in ISATAP")
}

#[cfg(test)]
mod tests {
    use super::special;

    #[test]
    fn what_is_special() {
        for (address, expect) in [
            ("0.0.0.0", "this very network"),
            ("0.255.255.255", "this very network"),
            ("10.0.0.1", "private"),
            ("10.255.255.255", "private"),
            ("100.64.0.1", "carrier"),
            ("100.100.100.200", "carrier"),
            ("100.127.255.255", "carrier"),
            ("127.0.0.1", "this machine"),
            ("127.255.255.254", "this machine"),
            ("168.63.129.16", "metadata"),
            ("169.254.169.254", "metadata"),
            ("172.16.0.1", "private"),
            ("172.31.255.255", "private"),
            ("192.0.0.192", "protocol"),
            ("192.0.2.1", "documentation"),
            ("192.88.99.1", "6to4"),
            ("192.168.1.1", "private"),
            ("198.18.0.1", "benchmarks"),
            ("198.19.255.255", "benchmarks"),
            ("203.0.113.9", "documentation"),
            ("224.0.0.1", "multicast"),
            ("239.255.255.255", "multicast"),
            ("240.0.0.1", "reserved"),
            ("255.255.255.255", "reserved"),
            ("::", "disguise"),
            ("::1", "this machine"),
            ("::127.0.0.1", "disguise"),
            ("::ffff:127.0.0.1", "disguise"),
            ("::ffff:8.8.8.8", "disguise"),
            ("::ffff:0:8.8.8.8", "not public"),
            ("64:ff9b::7f00:1", "NAT64"),
            ("64:ff9b:1::a00:1", "NAT64"),
            ("100::1", "not public"),
            ("2001::1", "Teredo"),
            ("2001:20::1", "ORCHID"),
            ("2001:db8::1", "documentation"),
            ("2002:7f00:1::1", "6to4"),
            ("2002:808:808::1", "6to4"),
            ("3fff::1", "documentation"),
            ("4000::1", "not public"),
            ("5f00::1", "not public"),
            ("fc00::1", "private"),
            ("fd00:ec2::254", "private"),
            ("fe80::1", "link-local"),
            ("febf::1", "link-local"),
            ("fec0::1", "private"),
            ("ff02::1", "multicast"),
            ("2a00:1450:4001::5efe:a00:1", "ISATAP"),
            ("2a00:1450:4001:0:200:5efe:a00:1", "ISATAP"),
        ] {
            let found = special(address.parse().unwrap()).unwrap_or_else(|| panic!("{address} is taken"));
            assert!(found.contains(expect), "{address}: {found}");
        }
    }

    #[test]
    fn what_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "168.63.129.15",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "2003::1",
            "3ffe::1",
        ] {
            assert_eq!(special(address.parse().unwrap()), None, "{address}");
        }
    }
}
