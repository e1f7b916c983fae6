// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/proto/turn.hpp>
#include <lkdoctor/text.hpp>
#include <utility>

#include "proto/turn_wire.hpp"

namespace lkdoctor::proto {
namespace {

using namespace turn;

constexpr int kMostRenewals = 3;
constexpr std::size_t kMostRelayed = 1024;  // packets that wait to be taken
constexpr std::size_t kLongestForeign = 64;
constexpr std::size_t kStunHeader = 20;    // RFC 8489 §5
constexpr std::size_t kChannelHeader = 4;  // RFC 8656 §12.4
constexpr std::chrono::minutes kPermissionRenewal{4};
constexpr std::uint32_t kCookie = 0x2112a442;

std::string beginning_of(ByteView bytes) {
  const ByteView start = bytes.first(std::min(bytes.size(), kLongestForeign));
  return printable(std::string(start.begin(), start.end()), kLongestForeign);
}

std::uint32_t u32_of(const StunMessage& message, std::uint16_t type) {
  const StunAttribute* attribute = message.find(type);
  return attribute == nullptr ? 0 : Reader(attribute->value).u32();
}

}  // namespace

void TurnClient::receive(ByteView bytes, Clock::time_point now) {
  if (carrier_ == TurnCarrier::stream) return on_stream(bytes, now);
  on_packet(bytes, now);
}

/// RFC 8656 §3.1 and §12.5: STUN messages and padded ChannelData one behind the other.
void TurnClient::on_stream(ByteView bytes, Clock::time_point now) {
  if (!state_.foreign.empty()) return;
  stream_.insert(stream_.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (stream_.size() - at >= kChannelHeader) {
    const ByteView rest = ByteView(stream_).subspan(at);
    Reader in(rest);
    const std::uint16_t type = in.u16();
    const std::size_t length = in.u16();
    const bool message = type >> 14U == 0;
    const bool channel = std::ranges::find(channels_, type, &Channel::number) != channels_.end();
    if ((!message && !channel) || (message && rest.size() >= 8 && in.u32() != kCookie)) {
      state_.foreign = beginning_of(rest);
      return fail(0, {});
    }
    const std::size_t whole = message ? kStunHeader + length : kChannelHeader + (length + 3) / 4 * 4;
    if (rest.size() < whole) break;
    on_packet(rest.first(whole), now);
    at += whole;
  }
  stream_.erase(stream_.begin(), stream_.begin() + static_cast<std::ptrdiff_t>(at));
}

void TurnClient::on_packet(ByteView packet, Clock::time_point now) {
  if (!packet.empty() && packet.front() >> 6U == 1) return on_channel_data(packet);
  const auto message = decode_stun(packet);
  if (!message) {
    if (state_.foreign.empty()) state_.foreign = beginning_of(packet);
    return;
  }
  if (message->kind == StunClass::indication && message->method == kData) return on_data(*message);
  if (message->kind == StunClass::success || message->kind == StunClass::error) {
    on_answer(packet, *message, now);
  }
}

void TurnClient::on_channel_data(ByteView packet) {
  Reader in(packet);
  const std::uint16_t number = in.u16();
  const std::uint16_t length = in.u16();
  const ByteView data = in.view(length);
  const auto channel = std::ranges::find(channels_, number, &Channel::number);
  if (in.failed() || channel == channels_.end()) return;
  ++state_.received_from_peers;
  if (relayed_.size() < kMostRelayed) relayed_.push_back({channel->peer, Bytes(data.begin(), data.end())});
}

void TurnClient::on_data(const StunMessage& indication) {
  const auto from = indication.xored_address(kXorPeerAddress);
  const StunAttribute* data = indication.find(kDataAttribute);
  if (!from || data == nullptr) return;
  ++state_.received_from_peers;
  if (relayed_.size() < kMostRelayed) relayed_.push_back({*from, data->value});
}

void TurnClient::on_answer(ByteView packet, const StunMessage& answer, Clock::time_point now) {
  const auto found = std::ranges::find_if(
      requests_, [&](const Request& request) { return request.message.id == answer.id; });
  if (found == requests_.end() || found->message.method != answer.method) return;
  // RFC 8489 §9.2.5: an error may come unsigned, a success must not.
  if (answer.kind == StunClass::success && !key_.empty() && !integrity_ok(packet, key_)) {
    state_.integrity_bad = true;
    return;
  }
  const Request request = std::move(*found);
  requests_.erase(found);
  ++state_.answers;
  if (!state_.first_answer)
    state_.first_answer = std::chrono::duration_cast<Microseconds>(now - request.sent);
  if (state_.software.empty()) {
    state_.software = printable(answer.text_of(stun_attribute::kSoftware), kLongestForeign);
  }
  if (answer.kind == StunClass::success) return on_success(request, answer, now);
  if (request.kind == Kind::first_allocate) state_.first_code = answer.error_code().value_or(0);
  if (!renew(request, answer, now)) on_error(request, answer);
}

/// Asks again with the nonce that came with the refusal, where that can help.
bool TurnClient::renew(Request request, const StunMessage& answer, Clock::time_point now) {
  const int code = answer.error_code().value_or(0);
  const bool first = request.kind == Kind::first_allocate && code == kUnauthorized;
  const bool stale = code == kStaleNonce && request.renewals < kMostRenewals;
  const std::string nonce = answer.text_of(stun_attribute::kNonce);
  if ((!first && !stale) || nonce.empty() || credentials_.username.empty()) return false;
  nonce_ = nonce;
  const std::string realm = answer.text_of(stun_attribute::kRealm);
  if (!realm.empty()) state_.realm = realm;
  key_ = long_term_key(credentials_.username, state_.realm, credentials_.password);
  request.kind = first ? Kind::allocate : request.kind;
  if (first && verifies_) {
    request.kind = Kind::verify;
    request.message = {};
    request.message.method = kRefresh;
    request.message.add_u32(kLifetime, 0);
  }
  request.message.id = random_transaction_id();
  request.bytes.clear();
  request.tries = 0;
  request.renewals += first ? 0 : 1;
  transmit(requests_.emplace_back(std::move(request)), now);
  return true;
}

void TurnClient::on_success(const Request& request, const StunMessage& answer, Clock::time_point now) {
  if (request.kind == Kind::permission || request.kind == Kind::channel) {
    TurnPermission& permission = permission_for(request.peer);
    permission.answered = permission.granted = true;
    if (!renew_permissions_at_) renew_permissions_at_ = now + kPermissionRenewal;
    const auto channel = std::ranges::find(channels_, request.channel, &Channel::number);
    if (channel != channels_.end()) channel->bound = true;
    return;
  }
  if (state_.phase == TurnPhase::releasing) {
    state_.phase = TurnPhase::released;
    return;
  }
  if (request.kind == Kind::verify) {
    state_.phase = TurnPhase::verified;
    return;
  }
  if (request.kind != Kind::refresh) {
    state_.relayed = answer.xored_address(kXorRelayedAddress);
    state_.mapped = answer.mapped_address();
    if (!state_.relayed) return fail(0, "no relayed address in the answer");
    state_.phase = TurnPhase::allocated;
    state_.allocated_after = std::chrono::duration_cast<Microseconds>(now - started_);
  }
  state_.lifetime_seconds = u32_of(answer, kLifetime);
  // Half of it, so that a lost refresh can be repeated in time.
  refresh_at_ = now + std::chrono::seconds(std::max<std::uint32_t>(state_.lifetime_seconds / 2, 10));
}

void TurnClient::on_error(const Request& request, const StunMessage& answer) {
  const int code = answer.error_code().value_or(0);
  if (request.kind == Kind::permission || request.kind == Kind::channel) {
    TurnPermission& permission = permission_for(request.peer);
    permission.answered = true;
    permission.granted = false;
    permission.error_code = code;
    permission.error_reason = printable(answer.error_reason(), 128);
    return;
  }
  if (state_.phase == TurnPhase::releasing) {
    state_.phase = TurnPhase::released;
    return;
  }
  // RFC 8656 §7.2: who asks was authenticated before it is seen that there is no allocation.
  if (request.kind == Kind::verify && code == kAllocationMismatch) {
    state_.phase = TurnPhase::verified;
    return;
  }
  fail(code, answer.error_reason());
}

TurnPermission& TurnClient::permission_for(const Endpoint& peer) {
  const auto found = std::ranges::find_if(state_.permissions, [&](const TurnPermission& permission) {
    return permission.peer.address == peer.address;
  });
  if (found != state_.permissions.end()) return *found;
  return state_.permissions.emplace_back(TurnPermission{peer, false, false, 0, {}});
}

}  // namespace lkdoctor::proto
