// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/stun.hpp>

#include "unit/proto/hex.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;
using test::from_hex;

namespace {

// RFC 5769 §2.1; its padding is spaces, ours zeros: compared by verification, not byte by byte.
const Bytes kRequest = from_hex(
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74"
    "00240004 6e0001ff 80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020"
    "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2 80280004 e57a3bcf");
// RFC 5769 §2.2 and §2.3
const Bytes kResponseIpv4 = from_hex(
    "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
    "00200008 0001a147 e112a643 00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96");
const Bytes kResponseIpv6 = from_hex(
    "01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220"
    "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275"
    "bfe3ed41 80280004 c8fb0b4c");
// RFC 5769 §2.4: long-term credentials, no fingerprint
const Bytes kLongTerm = from_hex(
    "00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000"
    "0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e"
    "6f726700 00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666");

const Bytes kPassword = short_term_key(Secret("VOkJxbRl1RmTxUk/WvJxBt"));

StunMessage request_with_username() {
  StunMessage message = binding_request("server:client");
  message.add_u32(stun_attribute::kPriority, 0x6e0001ff);
  return message;
}

}  // namespace

TEST_CASE("the signatures of RFC 5769's messages are found good") {
  for (const Bytes& message : {kRequest, kResponseIpv4, kResponseIpv6}) {
    CHECK(integrity_ok(message, kPassword));
    CHECK(fingerprint_ok(message));
  }
}

TEST_CASE("the message of RFC 5769 with long-term credentials is found good, and has no fingerprint") {
  const std::string user = "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";
  const auto message = decode_stun(kLongTerm);
  REQUIRE(message);
  CHECK(message->text_of(stun_attribute::kUsername) == user);
  CHECK(message->text_of(stun_attribute::kRealm) == "example.org");
  CHECK(integrity_ok(kLongTerm, long_term_key(user, "example.org", Secret("TheMatrIX"))));
  CHECK_FALSE(integrity_ok(kLongTerm, long_term_key(user, "example.com", Secret("TheMatrIX"))));
  CHECK_FALSE(fingerprint_ok(kLongTerm));
}

TEST_CASE("the long-term key is the MD5 that RFC 8489 prints for user, realm and pass") {
  CHECK(long_term_key("user", "realm", Secret("pass")) == from_hex("8493fbc53ba582fb4c044c456bdc40eb"));
}

TEST_CASE("what was signed is found good with the same key and with no other") {
  const Bytes signed_bytes = encode_stun(request_with_username(), {kPassword, true});
  CHECK(integrity_ok(signed_bytes, kPassword));
  CHECK(fingerprint_ok(signed_bytes));
  CHECK_FALSE(integrity_ok(signed_bytes, short_term_key(Secret("another password"))));
  CHECK_FALSE(integrity_ok(signed_bytes, {}));
}

TEST_CASE("every changed bit of a signed message is noticed") {
  const Bytes good = encode_stun(request_with_username(), {kPassword, true});
  for (std::size_t byte = 0; byte < good.size(); ++byte) {
    Bytes bad = good;
    bad[byte] ^= 0x01U;
    CHECK_MESSAGE(!(integrity_ok(bad, kPassword) && fingerprint_ok(bad)), "byte ", byte);
  }
}

TEST_CASE("a signed message cut at any byte is neither signed nor fingerprinted") {
  const Bytes good = encode_stun(request_with_username(), {kPassword, true});
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(integrity_ok(ByteView(good).first(size), kPassword));
    CHECK_FALSE(fingerprint_ok(ByteView(good).first(size)));
  }
}

TEST_CASE("without a key there is a fingerprint alone, and without both the message is as it was") {
  const StunMessage message = request_with_username();
  const Bytes marked = encode_stun(message, {{}, true});
  CHECK(fingerprint_ok(marked));
  CHECK_FALSE(integrity_ok(marked, kPassword));
  CHECK(encode_stun(message, {{}, false}) == encode_stun(message));
}

TEST_CASE("an error's words are kept, bounded, beside its code") {
  StunMessage message;
  message.kind = StunClass::error;
  message.add(stun_attribute::kErrorCode, from_hex("00000403 466f7262696464656e"));
  CHECK(message.error_code() == 403);
  CHECK(message.error_reason() == "Forbidden");
  StunMessage longer;
  Bytes value = from_hex("00000400");
  value.resize(2000, 'x');
  longer.add(stun_attribute::kErrorCode, value);
  CHECK(longer.error_reason().size() == 128);
}
