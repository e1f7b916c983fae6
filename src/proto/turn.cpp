// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/proto/turn.hpp>
#include <lkdoctor/text.hpp>
#include <utility>

#include "proto/turn_wire.hpp"

namespace lkdoctor::proto {
namespace {

using namespace turn;

/// Waits after each try over UDP; RFC 8489 §6.2.1 would go on for 39 s, which nobody joining waits.
constexpr std::array<Milliseconds, 5> kWaits{Milliseconds(200), Milliseconds(400), Milliseconds(700),
                                             Milliseconds(1000), Milliseconds(1200)};
constexpr Milliseconds kStreamWait{4000};
constexpr std::size_t kMostPermissions = 64;
constexpr std::size_t kMostChannels = 64;
constexpr std::chrono::minutes kPermissionRenewal{4};  // they last five, RFC 8656 §9

std::size_t padding_after(std::size_t size) {
  return (4 - size % 4) % 4;  // RFC 8656 §12.5: on streams
}

}  // namespace

TurnClient::TurnClient(TurnCarrier carrier, TurnCredentials credentials)
    : carrier_(carrier), credentials_(std::move(credentials)) {}

void TurnClient::allocate(Clock::time_point now) {
  started_ = now;
  state_.phase = TurnPhase::allocating;
  StunMessage message;
  message.method = kAllocate;
  message.add_u32(kRequestedTransport, kUdp);
  ask(Kind::first_allocate, std::move(message), {}, 0, now);
}

void TurnClient::verify(Clock::time_point now) {
  verifies_ = true;
  allocate(now);
}

void TurnClient::permit(const Endpoint& peer, Clock::time_point now) {
  const bool known = std::ranges::any_of(state_.permissions, [&](const TurnPermission& permission) {
    return permission.peer.address == peer.address;
  });
  if (known || state_.permissions.size() == kMostPermissions) return;
  state_.permissions.push_back({peer, false, false, 0, {}});
  StunMessage message;
  message.method = kCreatePermission;
  ask(Kind::permission, std::move(message), peer, 0, now);
}

void TurnClient::bind_channel(const Endpoint& peer, Clock::time_point now) {
  const bool known = std::ranges::find(channels_, peer, &Channel::peer) != channels_.end();
  if (known || channels_.size() == kMostChannels) return;
  const auto number = static_cast<std::uint16_t>(kFirstChannel + channels_.size());
  channels_.push_back({number, peer, false});
  StunMessage message;
  message.method = kChannelBind;
  ask(Kind::channel, std::move(message), peer, number, now);
}

void TurnClient::release(Clock::time_point now) {
  if (state_.phase != TurnPhase::allocated) return;
  state_.phase = TurnPhase::releasing;
  requests_.clear();
  refresh_at_.reset();
  renew_permissions_at_.reset();
  StunMessage message;
  message.method = kRefresh;
  message.add_u32(kLifetime, 0);
  ask(Kind::refresh, std::move(message), {}, 0, now);
}

bool TurnClient::permitted(const Endpoint& peer) const {
  return std::ranges::any_of(state_.permissions, [&](const TurnPermission& permission) {
    return permission.granted && permission.peer.address == peer.address;
  });
}

void TurnClient::send(const Endpoint& peer, ByteView bytes) {
  if (state_.phase != TurnPhase::allocated || !permitted(peer)) return;
  ++state_.sent_to_peers;
  const auto channel = std::ranges::find(channels_, peer, &Channel::peer);
  if (channel != channels_.end() && channel->bound) {
    Writer out;
    out.u16(channel->number).u16(static_cast<std::uint16_t>(bytes.size())).bytes(bytes);
    const std::size_t padding = carrier_ == TurnCarrier::stream ? padding_after(bytes.size()) : 0;
    for (std::size_t i = 0; i < padding; ++i) out.u8(0);
    out_.push_back(out.take());
    return;
  }
  StunMessage indication;
  indication.kind = StunClass::indication;
  indication.method = kSend;
  indication.id = random_transaction_id();
  indication.add_xored(kXorPeerAddress, peer);
  indication.add(kDataAttribute, bytes);
  out_.push_back(encode_stun(indication));
}

void TurnClient::ask(Kind kind, StunMessage message, Endpoint peer, std::uint16_t channel,
                     Clock::time_point now) {
  message.id = random_transaction_id();
  Request& request = requests_.emplace_back();
  request.kind = kind;
  request.message = std::move(message);
  request.peer = std::move(peer);
  request.channel = channel;
  transmit(request, now);
}

void TurnClient::transmit(Request& request, Clock::time_point now) {
  if (request.bytes.empty()) {
    StunMessage message = request.message;
    if (request.channel != 0) message.add_u32(kChannelNumber, std::uint32_t{request.channel} << 16U);
    if (!request.peer.address.empty()) message.add_xored(kXorPeerAddress, request.peer);
    if (!key_.empty()) {
      message.add_text(stun_attribute::kUsername, credentials_.username);
      message.add_text(stun_attribute::kRealm, state_.realm);
      message.add_text(stun_attribute::kNonce, nonce_);
    }
    request.bytes = encode_stun(message, {key_, true});
    request.first_sent = now;
  }
  request.sent = now;
  const bool stream = carrier_ == TurnCarrier::stream;
  request.next = now + (stream ? kStreamWait : kWaits.at(static_cast<std::size_t>(request.tries)));
  ++request.tries;
  ++state_.requests_sent;
  out_.push_back(request.bytes);
}

std::vector<Bytes> TurnClient::take() {
  return std::exchange(out_, {});
}

std::vector<TurnClient::Relayed> TurnClient::take_relayed() {
  return std::exchange(relayed_, {});
}

std::optional<Clock::time_point> TurnClient::next_timer() const {
  std::optional<Clock::time_point> first = refresh_at_;
  if (renew_permissions_at_ && (!first || *renew_permissions_at_ < *first)) first = renew_permissions_at_;
  for (const Request& request : requests_) {
    if (!first || request.next < *first) first = request.next;
  }
  return first;
}

void TurnClient::on_timer(Clock::time_point now) {
  std::vector<Request> over;
  for (Request& request : requests_) {
    if (request.next > now) continue;
    const std::size_t most = carrier_ == TurnCarrier::stream ? 1 : kWaits.size();
    if (static_cast<std::size_t>(request.tries) >= most) {
      over.push_back(request);
      continue;
    }
    transmit(request, now);
  }
  for (const Request& request : over) {
    std::erase_if(requests_, [&](const Request& one) { return one.message.id == request.message.id; });
    on_silence(request);
  }
  keep_up(now);
}

/// Refreshes allocation and permissions when their time has come.
void TurnClient::keep_up(Clock::time_point now) {
  if (refresh_at_ && *refresh_at_ <= now) {
    refresh_at_.reset();
    StunMessage message;
    message.method = kRefresh;
    ask(Kind::refresh, std::move(message), {}, 0, now);
  }
  if (renew_permissions_at_ && *renew_permissions_at_ <= now) {
    renew_permissions_at_ = now + kPermissionRenewal;
    const std::vector<TurnPermission> permissions = state_.permissions;
    for (const TurnPermission& permission : permissions) {
      StunMessage message;
      message.method = kCreatePermission;
      if (permission.granted) ask(Kind::permission, std::move(message), permission.peer, 0, now);
    }
  }
}

void TurnClient::on_silence(const Request& request) {
  const bool begins = request.kind == Kind::first_allocate || request.kind == Kind::allocate;
  if (begins || request.kind == Kind::verify) return fail(0, {});
  if (request.kind == Kind::refresh) {
    state_.phase = state_.phase == TurnPhase::releasing ? TurnPhase::released : TurnPhase::failed;
  }
}

void TurnClient::fail(int code, std::string reason) {
  state_.phase = TurnPhase::failed;
  state_.error_code = code;
  state_.error_reason = printable(reason, 128);
  requests_.clear();
  refresh_at_.reset();
  renew_permissions_at_.reset();
}

}  // namespace lkdoctor::proto
