// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <lkdoctor/proto/rtp.hpp>
#include <lkdoctor/proto/srtp.hpp>

#include "proto/srtp_crypto.hpp"

using namespace lkdoctor;
using namespace lkdoctor::proto;

namespace {

Bytes hex(std::string_view digits) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(std::stoul(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return out;
}
Secret secret(std::string_view digits) {
  const Bytes bytes = hex(digits);
  return Secret(std::string(bytes.begin(), bytes.end()));
}

constexpr std::string_view kMaster = "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6";
constexpr std::string_view kGcmMaster = "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab";
constexpr std::string_view kOther = "000102030405060708090a0b0c0d0e0fb0b1b2b3b4b5b6b7b8b9babbbcbd";

SrtpKeys sha1_keys() {
  return {SrtpProfile::aes128_cm_sha1_80, secret(kMaster), secret(kOther)};
}
SrtpKeys gcm_keys() {
  return {SrtpProfile::aead_aes_128_gcm, secret(kGcmMaster), secret(kOther.substr(0, 56))};
}
SrtpKeys turned(const SrtpKeys& keys) {
  return {keys.profile, keys.remote, keys.local};
}

Bytes packet(std::uint16_t sequence, std::uint32_t ssrc = 0xcafebabe) {
  RtpPacket rtp;
  rtp.payload_type = 111;
  rtp.sequence = sequence;
  rtp.ssrc = ssrc;
  rtp.extensions = {{1, {0x7f}}};
  rtp.payload = opus::silence(100);
  return encode_rtp(rtp);
}

}  // namespace

TEST_CASE("keys are derived as in RFC 3711, appendix B.3") {
  const Bytes key = hex(kMaster.substr(0, 32)), salt = hex(kMaster.substr(32));
  CHECK(srtp::derive_bytes(key, salt, 0, 16) == hex("c61e7a93744f39ee10734afe3ff7a087"));
  CHECK(srtp::derive_bytes(key, salt, 2, 14) == hex("30cbbc08863d8c85d49db34a9ae1"));
  CHECK(srtp::derive_bytes(key, salt, 1, 20) == hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4"));
}

TEST_CASE("AES_CM_128_HMAC_SHA1_80 gives the packets that other implementations give") {
  Srtp ours(sha1_keys()), theirs(turned(sha1_keys()));
  const Bytes plain = hex("800f1234decafbadcafebabeabababababababababababababababab");
  const Bytes sealed = hex("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
  CHECK(ours.protect_rtp(plain) == sealed);
  CHECK(theirs.unprotect_rtp(sealed) == plain);
  const Bytes report = hex("81c8000bcafebabeabababababababababababababababab");
  const Bytes sealed_report =
      hex("81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798");
  CHECK(ours.protect_rtcp(report) == sealed_report);
  CHECK(theirs.unprotect_rtcp(sealed_report) == report);
}

TEST_CASE("AEAD_AES_128_GCM gives the packets that other implementations give") {
  Srtp ours(gcm_keys()), theirs(turned(gcm_keys()));
  const Bytes plain = hex("800f1234decafbadcafebabeabababababababababababababababab");
  const Bytes sealed =
      hex("800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392");
  CHECK(ours.protect_rtp(plain) == sealed);
  CHECK(theirs.unprotect_rtp(sealed) == plain);
}

TEST_CASE("a packet of RFC 7714, section 16.1.1") {
  const srtp::SessionKeys keys{
      secret("000102030405060708090a0b0c0d0e0f"), {}, secret("517569642070726f2071756f")};
  const Bytes header = hex("8040f17b8041f8d35501a0b2");
  const Bytes text = hex("47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573");
  const auto iv = srtp::gcm_iv_rtp(keys, 0x5501a0b2, 0xf17b);
  CHECK(Bytes(iv.begin(), iv.end()) == hex("51753c6580c2726f20718414"));
  CHECK(srtp::gcm_seal(keys, iv, header, text) == hex("f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f4"
                                                      "7a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee439"
                                                      "0cce"));
}

TEST_CASE("RTP and RTCP come back as they were, with both profiles") {
  for (const SrtpKeys& keys : {sha1_keys(), gcm_keys()}) {
    Srtp ours(keys), theirs(turned(keys));
    const Bytes report = encode_rtcp_report(0xcafebabe, RtcpSenderInfo{1, 2, 3, 4}, {}, "probe");
    for (std::uint16_t sequence = 1; sequence < 5; ++sequence) {
      CHECK(theirs.unprotect_rtp(ours.protect_rtp(packet(sequence)).value()) == packet(sequence));
      CHECK(theirs.unprotect_rtcp(ours.protect_rtcp(report).value()) == report);
      CHECK(ours.unprotect_rtp(theirs.protect_rtp(packet(sequence)).value()) == packet(sequence));
    }
  }
}

TEST_CASE("the sequence number may wrap, and packets around the wrap may come out of order") {
  for (const SrtpKeys& keys : {sha1_keys(), gcm_keys()}) {
    Srtp ours(keys), theirs(turned(keys));
    std::vector<Bytes> sealed;
    for (const int sequence : {65'533, 65'534, 65'535, 0, 1, 2}) {
      sealed.push_back(ours.protect_rtp(packet(static_cast<std::uint16_t>(sequence))).value());
    }
    for (const std::size_t at : {0U, 3U, 1U, 2U, 5U, 4U}) CHECK(theirs.unprotect_rtp(sealed[at]));
  }
}

TEST_CASE("a packet counts once, and an old one not at all") {
  for (const SrtpKeys& keys : {sha1_keys(), gcm_keys()}) {
    Srtp ours(keys), theirs(turned(keys));
    const Bytes first = ours.protect_rtp(packet(1)).value();
    CHECK(theirs.unprotect_rtp(first));
    CHECK_FALSE(theirs.unprotect_rtp(first));
    CHECK(theirs.unprotect_rtp(ours.protect_rtp(packet(200)).value()));
    CHECK_FALSE(theirs.unprotect_rtp(ours.protect_rtp(packet(100)).value()));
    const Bytes report = ours.protect_rtcp(encode_rtcp_report(9, std::nullopt, {}, "x")).value();
    CHECK(theirs.unprotect_rtcp(report));
    CHECK_FALSE(theirs.unprotect_rtcp(report));
  }
}

TEST_CASE("altered, cut and foreign packets are refused, and do not spoil what follows") {
  for (const SrtpKeys& keys : {sha1_keys(), gcm_keys()}) {
    Srtp ours(keys), theirs(turned(keys));
    const Bytes good = ours.protect_rtp(packet(7)).value();
    const Bytes report = ours.protect_rtcp(encode_rtcp_report(9, std::nullopt, {}, "x")).value();
    for (const Bytes& whole : {good, report}) {
      for (std::size_t size = 0; size < whole.size(); ++size) {
        const ByteView cut = ByteView(whole).first(size);
        CHECK_FALSE(theirs.unprotect_rtp(cut));
        CHECK_FALSE(theirs.unprotect_rtcp(cut));
        Bytes altered = whole;
        altered[size] ^= 1U;
        CHECK_FALSE(theirs.unprotect_rtp(altered));
        CHECK_FALSE(theirs.unprotect_rtcp(altered));
      }
    }
    CHECK(theirs.unprotect_rtp(good) == packet(7));
    CHECK(theirs.unprotect_rtcp(report));
    CHECK_FALSE(ours.unprotect_rtp(good));  // our own direction
  }
}

TEST_CASE("what is no packet is not protected") {
  Srtp ours(gcm_keys());
  CHECK_FALSE(ours.protect_rtp({}));
  CHECK_FALSE(ours.protect_rtp(Bytes(1'501, 0x80)));
  CHECK_FALSE(ours.protect_rtcp(packet(1)));
}
