// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/proto/stun.hpp>
#include <string>

#include "proto/turn_wire.hpp"

namespace lkdoctor::test {

/// A TURN server for tests, without I/O: one answer for each request. It relays to nobody.
struct TurnServer {
  std::string user = "1700000000:PA_x", realm = "lab.example", nonce = "n1";
  Secret password{"relay password"};
  Endpoint relayed{"198.51.100.7", 30001};
  Endpoint client{"203.0.113.5", 40000};
  int allocate_code = 0;  ///< error of an Allocate with good credentials; 0: success
  int permission_code = 0;
  int refresh_code = 0;
  bool needs_credentials = true;
  bool signs = true;
  int requests = 0, allocations = 0;

  Bytes key() const { return proto::long_term_key(user, realm, password); }

  static void fail(proto::StunMessage& reply, int code, std::string_view reason) {
    reply.kind = proto::StunClass::error;
    Writer value;
    value.u16(0)
        .u8(static_cast<std::uint8_t>(code / 100))
        .u8(static_cast<std::uint8_t>(code % 100))
        .text(reason);
    reply.add(proto::stun_attribute::kErrorCode, value.done());
  }

  /// Empty: nothing is answered.
  Bytes answer(ByteView packet) {
    namespace turn = proto::turn;
    const auto request = proto::decode_stun(packet);
    if (!request || request->kind != proto::StunClass::request) return {};
    ++requests;
    proto::StunMessage reply;
    reply.kind = proto::StunClass::success;
    reply.method = request->method;
    reply.id = request->id;
    const bool named = request->text_of(proto::stun_attribute::kUsername) == user;
    const bool known = named && proto::integrity_ok(packet, key());
    const bool stale = request->text_of(proto::stun_attribute::kNonce) != nonce;
    if (needs_credentials && (!known || stale)) {
      fail(reply, known ? turn::kStaleNonce : turn::kUnauthorized, known ? "Stale Nonce" : "Unauthorized");
      reply.add_text(proto::stun_attribute::kRealm, realm);
      reply.add_text(proto::stun_attribute::kNonce, nonce);
      return proto::encode_stun(reply);
    }
    fill(*request, reply);
    reply.add_text(proto::stun_attribute::kSoftware, "Test-1.0");
    return proto::encode_stun(reply, {signs && needs_credentials ? key() : Bytes{}, true});
  }

  void fill(const proto::StunMessage& request, proto::StunMessage& reply) {
    namespace turn = proto::turn;
    if (request.method == turn::kAllocate) {
      if (allocate_code != 0) return fail(reply, allocate_code, "Refused");
      ++allocations;
      reply.add_xored(turn::kXorRelayedAddress, relayed);
      reply.add_xored(proto::stun_attribute::kXorMappedAddress, client);
      reply.add_u32(turn::kLifetime, 600);
    }
    if (request.method == turn::kRefresh) {
      if (refresh_code != 0) return fail(reply, refresh_code, "Allocation Mismatch");
      const auto* lifetime = request.find(turn::kLifetime);
      reply.add_u32(turn::kLifetime, lifetime == nullptr ? 600 : 0);
    }
    const bool permission = request.method == turn::kCreatePermission || request.method == turn::kChannelBind;
    if (permission && permission_code != 0) fail(reply, permission_code, "Forbidden IP");
  }
};

}  // namespace lkdoctor::test
