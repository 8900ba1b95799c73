#include "processors/net/address.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace weir::net {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

struct Block {
  std::array<std::uint8_t, 4> first;
  unsigned bits;
};

constexpr std::array<Block, 15> kSpecialV4 = {{
    {{0, 0, 0, 0}, 8},       // this network
    {{10, 0, 0, 0}, 8},      // private
    {{100, 64, 0, 0}, 10},   // shared, carriers' NAT
    {{127, 0, 0, 0}, 8},     // loopback
    {{169, 254, 0, 0}, 16},  // link-local
    {{172, 16, 0, 0}, 12},   // private
    {{192, 0, 0, 0}, 24},    // protocol assignments
    {{192, 0, 2, 0}, 24},    // documentation
    {{192, 88, 99, 0}, 24},  // 6to4 relays
    {{192, 168, 0, 0}, 16},  // private
    {{198, 18, 0, 0}, 15},   // benchmarking
    {{198, 51, 100, 0}, 24},
    {{203, 0, 113, 0}, 24},
    {{224, 0, 0, 0}, 4},  // multicast
    {{240, 0, 0, 0}, 4},  // reserved, broadcast
}};

bool is_public_v4(const address_v4& given) {
  const std::uint32_t number = given.to_uint();
  return std::ranges::none_of(kSpecialV4, [number](const Block& block) {
    return (number ^ address_v4(block.first).to_uint()) >> (32 - block.bits) == 0;
  });
}

bool is_public_v6(const address_v6& given) {
  const address_v6::bytes_type bytes = given.to_bytes();
  const auto begins_with = [&](std::initializer_list<std::uint8_t> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  const auto carried = [&] {
    return address_v4(address_v4::bytes_type{bytes[12], bytes[13], bytes[14], bytes[15]});
  };
  if (given.is_v4_mapped()) return is_public_v4(carried());
  if (begins_with({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_public_v4(carried());
  if ((bytes[0] & 0xe0) != 0x20) return false;                    // 2000::/3 is global unicast
  if (begins_with({0x20, 0x01}) && bytes[2] < 2) return false;    // 2001::/23: Teredo and others
  if (begins_with({0x20, 0x01, 0x0d, 0xb8})) return false;        // documentation
  if (begins_with({0x20, 0x02})) return false;                    // 6to4
  return !(begins_with({0x3f, 0xff}) && (bytes[2] & 0xf0) == 0);  // documentation
}

}  // namespace

bool is_public(const address& given) {
  return given.is_v4() ? is_public_v4(given.to_v4()) : is_public_v6(given.to_v6());
}

}  // namespace weir::net
