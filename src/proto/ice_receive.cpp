// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/proto/ice.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kMostRtts = 64;
constexpr std::size_t kMostLearned = 16;   // pairs that the peer's checks may add
constexpr int kRoleConflict = 487;         // RFC 8445 §7.3.1.1
constexpr Milliseconds kTriggerPause{20};  // Ta-like pace of triggered checks
constexpr int kHurries = 4;                // so that two agents that trigger each other come to rest
constexpr std::uint8_t kLastStunByte = 3;  // RFC 7983 §7: STUN begins with 0 to 3

}  // namespace

bool IceAgent::receive(PathId path, const Endpoint& from, ByteView bytes, Clock::time_point now) {
  if (!bytes.empty() && bytes.front() > kLastStunByte) return false;
  const auto message = decode_stun(bytes);
  if (!message || message->method != kStunBinding) return true;
  if (message->kind == StunClass::request) on_request(path, from, bytes, *message, now);
  if (message->kind == StunClass::success || message->kind == StunClass::error) {
    on_response(path, from, bytes, *message, now);
  }
  return true;
}

IceAgent::Pair* IceAgent::pair_for(PathId path, const Endpoint& from, std::uint32_t priority,
                                   Clock::time_point now) {
  const auto same = [&](const Pair& pair) {
    return pair.state.path == path && pair.state.remote.endpoint == from;
  };
  const auto found = std::ranges::find_if(pairs_, same);
  if (found != pairs_.end()) return &*found;
  const auto learned = std::ranges::count_if(pairs_, [](const Pair& pair) { return pair.state.learned; });
  if (learned >= static_cast<std::ptrdiff_t>(kMostLearned)) return nullptr;
  Candidate remote;
  remote.foundation = "learned";
  remote.type = CandidateType::prflx;
  remote.priority = priority;
  remote.endpoint = from;
  const PairId id = add_pair(path, remote, now);
  pairs_.at(id).state.learned = true;
  return &pairs_.at(id);
}

/// RFC 8445 §7.3.1.1. False: a 487 was answered and the request is done with.
bool IceAgent::settle_roles(PathId path, const Endpoint& from, const StunMessage& request) {
  const StunAttribute* same =
      request.find(controlling_ ? stun_attribute::kIceControlling : stun_attribute::kIceControlled);
  if (same == nullptr) return true;
  Reader in(same->value);
  const std::uint64_t theirs = in.u64();
  const bool we_win = tie_breaker_ >= theirs;
  if (we_win != controlling_) {
    controlling_ = !controlling_;
    return true;
  }
  StunMessage reply;
  reply.kind = StunClass::error;
  reply.id = request.id;
  constexpr std::array<std::uint8_t, 4> kCode{0, 0, kRoleConflict / 100, kRoleConflict % 100};
  reply.add(stun_attribute::kErrorCode, kCode);
  out_.push_back({path, from, encode_stun(reply, {short_term_key(own_.pwd), true})});
  return false;
}

void IceAgent::answer(PathId path, const Endpoint& from, const StunMessage& request) {
  StunMessage reply;
  reply.kind = StunClass::success;
  reply.id = request.id;
  reply.add_xored(stun_attribute::kXorMappedAddress, from);
  out_.push_back({path, from, encode_stun(reply, {short_term_key(own_.pwd), true})});
}

void IceAgent::on_request(PathId path, const Endpoint& from, ByteView bytes, const StunMessage& request,
                          Clock::time_point now) {
  const bool ours = request.text_of(stun_attribute::kUsername) == own_.ufrag + ":" + remote_.ufrag;
  if (!ours || !integrity_ok(bytes, short_term_key(own_.pwd))) {
    const auto pair = std::ranges::find_if(pairs_, [&](const Pair& p) { return p.state.path == path; });
    if (pair != pairs_.end()) ++pair->state.requests_rejected;
    return;
  }
  if (!settle_roles(path, from, request)) return;
  answer(path, from, request);
  std::uint32_t priority = 0;
  if (const StunAttribute* given = request.find(stun_attribute::kPriority))
    priority = Reader(given->value).u32();
  Pair* pair = pair_for(path, from, priority, now);
  if (pair == nullptr) return;
  PairState& state = pair->state;
  ++state.requests_from_peer;
  if (request.find(stun_attribute::kUseCandidate) != nullptr) state.peer_used_candidate = true;
  if (!controlling_ && state.peer_used_candidate && state.status == PairStatus::answered) {
    state.nominated = true;
    if (!pair->nominating) nominate(static_cast<PairId>(pair - pairs_.data()), now);
  }
  // RFC 8445 §7.3.1.4: the way may just have been opened.
  const bool recently = !pair->sent.empty() && pair->sent.back().at + kTriggerPause > now;
  if (state.status != PairStatus::answered && !pair->stopped && !recently) return send_check(*pair, 0, now);
  hurry_nomination(*pair, now);
}

/// A peer that controls by a timer (pion: every 200 ms) nominates at once if a check of ours comes after its
/// own was answered.
void IceAgent::hurry_nomination(Pair& pair, Clock::time_point now) {
  const PairState& state = pair.state;
  const bool waiting = !controlling_ && !state.peer_used_candidate && state.status == PairStatus::answered;
  if (waiting && !pair.stopped && state.requests_from_peer <= kHurries) send_check(pair, 0, now);
}

void IceAgent::on_response(PathId path, const Endpoint& from, ByteView bytes, const StunMessage& response,
                           Clock::time_point now) {
  for (Pair& pair : pairs_) {
    const auto sent = std::ranges::find(pair.sent, response.id, &Sent::id);
    if (pair.state.path != path || sent == pair.sent.end()) continue;
    if (response.kind == StunClass::error) return on_error(pair, response, now);
    if (!integrity_ok(bytes, short_term_key(remote_.pwd))) return;
    const Sent question = *sent;
    pair.sent.erase(sent);
    return on_success(pair, question, from, response, now);
  }
}

void IceAgent::on_success(Pair& pair, const Sent& sent, const Endpoint& from, const StunMessage& response,
                          Clock::time_point now) {
  PairState& state = pair.state;
  ++state.answers;
  if (sent.padded_to > 0) ++pair.sized(sent.padded_to).answered;
  if (state.first_answered_try == 0) state.first_answered_try = sent.number;
  if (const auto mapped = response.mapped_address()) state.mapped = mapped;
  if (from != state.remote.endpoint) {
    state.answered_from = from;
    if (state.status != PairStatus::answered) state.status = PairStatus::asymmetric;
    return;
  }
  const auto rtt = std::chrono::duration_cast<Microseconds>(now - sent.at);
  if (!state.first_rtt) state.first_rtt = rtt;
  if (sent.padded_to == 0 && state.rtts.size() < kMostRtts) state.rtts.push_back(rtt);
  if (state.status != PairStatus::answered) {
    state.status = PairStatus::answered;
    if (!pair.nominating) pair.next.reset();
    if (state.requests_from_peer > 0) hurry_nomination(pair, now);
  }
  const bool theirs = !controlling_ && state.peer_used_candidate;
  if (!state.nominated && pair.nominating && sent.use_candidate) {
    state.nominated = true;
    pair.next = now + settings_.keep_alive;
  }
  if (theirs && !state.nominated) {
    state.nominated = true;
    pair.nominating = true;
    pair.next = now + settings_.keep_alive;
  }
}

void IceAgent::on_error(Pair& pair, const StunMessage& response, Clock::time_point now) {
  const auto sent = std::ranges::find(pair.sent, response.id, &Sent::id);
  const bool as_controlling = sent->as_controlling;
  pair.sent.erase(sent);
  const std::optional<int> code = response.error_code();
  if (code == kRoleConflict) {
    // RFC 8445 §7.2.5.1: switch once, although several requests may be answered so.
    if (as_controlling == controlling_) controlling_ = !controlling_;
    return send_check(pair, 0, now);
  }
  pair.state.error_code = code.value_or(0);
  if (pair.state.status == PairStatus::answered) return;
  pair.state.status = PairStatus::refused;
  pair.next.reset();
}

}  // namespace lkdoctor::proto
