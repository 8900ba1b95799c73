// Which addresses belong to the public internet. Pure; thread-safe.
#pragma once

#include <boost/asio/ip/address.hpp>

namespace weir::net {

/// False for what is not to be reached from outside, after IANA's registries of special-purpose
/// addresses (RFC 6890 and its updates): loopback, link-local (cloud metadata among it), private,
/// shared, documentation, benchmarking, multicast, reserved. An IPv6 address that carries an IPv4
/// one (mapped, NAT64) is as public as that; 6to4, Teredo and what is not global unicast never are.
bool is_public(const boost::asio::ip::address& address);

}  // namespace weir::net
