// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/stun.hpp>
#include <stdexcept>

#include "unit/proto/hex.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using test::from_hex;

namespace {

// RFC 5769 §2.1, with MESSAGE-INTEGRITY and FINGERPRINT as printed there.
const Bytes kRequest = from_hex(
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74"
    "00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020"
    "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf");
// RFC 5769 §2.2
const Bytes kResponseIpv4 = from_hex(
    "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
    "00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96");
// RFC 5769 §2.3
const Bytes kResponseIpv6 = from_hex(
    "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
    "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275"
    "bfe3ed41 80280004 c8fb0b4c");

Bytes with_attribute(std::string_view attribute_hex) {
  const Bytes attribute = from_hex(attribute_hex);
  Writer out;
  out.u16(0x0101).u16(static_cast<std::uint16_t>(attribute.size())).u32(0x2112a442);
  out.bytes(Bytes(12, 0)).bytes(attribute);
  return out.take();
}

}  // namespace

TEST_CASE("the sample request of RFC 5769 is read with every attribute in place") {
  const auto message = decode_stun(kRequest);
  REQUIRE(message);
  CHECK(message->kind == StunClass::request);
  CHECK(message->method == kStunBinding);
  REQUIRE(message->attributes.size() == 6);
  const StunAttribute* username = message->find(stun_attribute::kUsername);
  REQUIRE(username != nullptr);
  CHECK(std::string(username->value.begin(), username->value.end()) == "evtj:h6vY");
  CHECK(message->find(stun_attribute::kErrorCode) == nullptr);
  CHECK_FALSE(message->mapped_address());
}

TEST_CASE("the sample responses of RFC 5769 give the mapped addresses printed there") {
  const auto ipv4 = decode_stun(kResponseIpv4);
  REQUIRE(ipv4);
  CHECK(ipv4->kind == StunClass::success);
  CHECK(ipv4->mapped_address() == Endpoint{"192.0.2.1", 32853});
  const auto ipv6 = decode_stun(kResponseIpv6);
  REQUIRE(ipv6);
  CHECK(ipv6->mapped_address() == Endpoint{"2001:db8:1234:5678:11:2233:4455:6677", 32853});
}

TEST_CASE("a sample message cut at any byte is not a message") {
  for (const Bytes& sample : {kRequest, kResponseIpv4, kResponseIpv6}) {
    for (std::size_t size = 0; size < sample.size(); ++size) {
      CHECK_FALSE(decode_stun(ByteView(sample).first(size)));
    }
  }
}

TEST_CASE("a byte too many, a wrong cookie, a set first bit or an odd length is not a message") {
  Bytes longer = kResponseIpv4;
  longer.push_back(0);
  CHECK_FALSE(decode_stun(longer));
  Bytes cookie = kResponseIpv4;
  cookie[4] ^= 1U;
  CHECK_FALSE(decode_stun(cookie));
  Bytes first = kResponseIpv4;
  first[0] |= 0x80U;
  CHECK_FALSE(decode_stun(first));
  CHECK_FALSE(decode_stun(with_attribute("8022 0001 61")));
}

TEST_CASE("an attribute that says it is longer than the message makes it no message") {
  CHECK_FALSE(decode_stun(with_attribute("8022 0008 61626364")));
  CHECK_FALSE(decode_stun(with_attribute("8022 ffff 61626364")));
}

TEST_CASE("more attributes than any real message has are refused") {
  std::string many;
  for (int i = 0; i < 300; ++i) many += "80220000";
  CHECK_FALSE(decode_stun(with_attribute(many)));
}

TEST_CASE("an address of an unknown family or of a wrong size is no address") {
  const auto family = decode_stun(with_attribute("0020 0008 00030d96 01020304"));
  REQUIRE(family);
  CHECK_FALSE(family->mapped_address());
  const auto shorter = decode_stun(with_attribute("0020 0004 00010d96"));
  REQUIRE(shorter);
  CHECK_FALSE(shorter->mapped_address());
  const auto longer = decode_stun(with_attribute("0001 000c 00010d96 01020304 05060708"));
  REQUIRE(longer);
  CHECK_FALSE(longer->mapped_address());
}

TEST_CASE("a plain MAPPED-ADDRESS is used when the masked one is missing") {
  const auto message = decode_stun(with_attribute("0001 0008 00010d96 c6336417"));
  REQUIRE(message);
  CHECK(message->mapped_address() == Endpoint{"198.51.100.23", 3478});
}

TEST_CASE("an error response gives its code, and nonsense in its place gives none") {
  CHECK(decode_stun(with_attribute("0009 0004 00000401"))->error_code() == 401);
  CHECK_FALSE(decode_stun(with_attribute("0009 0004 00000201"))->error_code());
  CHECK_FALSE(decode_stun(with_attribute("0009 0002 00000000"))->error_code());
  CHECK_FALSE(decode_stun(with_attribute("0009 0004 000004ff"))->error_code());
}

TEST_CASE("what is written is read back, for every class, addresses of both families and padding") {
  for (const StunClass kind :
       {StunClass::request, StunClass::indication, StunClass::success, StunClass::error}) {
    StunMessage message = binding_request("probe:probe");
    message.kind = kind;
    message.method = 0xabc;
    const Endpoint v6{"2001:db8::1", 65535};
    message.attributes.push_back(xor_mapped_address(v6, message.id));
    message.attributes.push_back(plain_address(stun_attribute::kOtherAddress, {"203.0.113.5", 3479}));
    const Bytes bytes = encode_stun(message);
    CHECK(bytes.size() % 4 == 0);
    const auto back = decode_stun(bytes);
    REQUIRE(back);
    CHECK(back->kind == kind);
    CHECK(back->method == 0xabc);
    CHECK(back->id == message.id);
    CHECK(back->mapped_address() == v6);
    CHECK(back->other_address() == Endpoint{"203.0.113.5", 3479});
  }
}

TEST_CASE("a request and a response have the type numbers of the standard") {
  StunMessage message;
  CHECK(Reader(encode_stun(message)).u16() == 0x0001);
  message.kind = StunClass::success;
  CHECK(Reader(encode_stun(message)).u16() == 0x0101);
  message.kind = StunClass::error;
  CHECK(Reader(encode_stun(message)).u16() == 0x0111);
  message.kind = StunClass::indication;
  CHECK(Reader(encode_stun(message)).u16() == 0x0011);
}

TEST_CASE("a message that does not fit its length field is refused") {
  StunMessage message;
  message.attributes.push_back({stun_attribute::kSoftware, Bytes(70'000)});
  CHECK_THROWS_AS(encode_stun(message), std::length_error);
  message.attributes = {{stun_attribute::kSoftware, Bytes(40'000)},
                        {stun_attribute::kSoftware, Bytes(40'000)}};
  CHECK_THROWS_AS(encode_stun(message), std::length_error);
}

TEST_CASE("a frame is the message behind its length, high byte first") {
  CHECK(framed(Bytes(258, 7)).size() == 260);
  CHECK(framed(Bytes(258, 7))[0] == 1);
  CHECK(framed(Bytes(258, 7))[1] == 2);
  CHECK(framed({}) == Bytes{0, 0});
}

TEST_CASE("two transaction ids are never the same") {
  CHECK(random_transaction_id() != random_transaction_id());
}

TEST_CASE("a link-local address is told without its interface") {
  proto::StunMessage message = proto::binding_request();
  message.attributes.push_back(proto::xor_mapped_address({"fe80::fc:ff:fe00:1%eth0", 49640}, message.id));
  CHECK(message.mapped_address() == Endpoint{"fe80::fc:ff:fe00:1", 49640});
}
