#include "processors/net/address.h"

#include <gtest/gtest.h>

namespace weir::net {
namespace {

bool public_text(const char* text) { return is_public(boost::asio::ip::make_address(text)); }

TEST(Address, IsPublicOnTheInternet) {
  for (const char* text :
       {"1.1.1.1",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",     "126.0.0.1",     "128.0.0.1",       "169.253.255.255",
        "172.15.255.255",  "172.32.0.0",    "192.167.0.1",     "193.0.0.1",
        "198.17.0.1",      "198.20.0.1",    "223.255.255.255", "2606:4700::1111",
        "2001:4860::8888", "2a00::1",       "::ffff:8.8.8.8",  "64:ff9b::808:808"})
    EXPECT_TRUE(public_text(text)) << text;
}

TEST(Address, IsNotPublicWhereItIsOfThisMachineOrItsNetwork) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.88.99.1",
                           "192.168.1.1",
                           "198.19.0.1",
                           "198.51.100.7",
                           "203.0.113.9",
                           "224.0.0.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::7f00:1",
                           "64:ff9b::a00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:a00:1::1",
                           "3fff::1"})
    EXPECT_FALSE(public_text(text)) << text;
}

}  // namespace
}  // namespace weir::net
