// SPDX-License-Identifier: EUPL-1.2
#include <arpa/inet.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <lkdoctor/proto/ice.hpp>
#include <stdexcept>
#include <utility>

namespace lkdoctor::proto {
namespace {

// Requests of a pair whose late answers are still taken: at one every 3 ms, those of a line of 1.5 s.
constexpr std::size_t kMostSent = 512;
constexpr std::uint16_t kPadding = 0xff60;  // unassigned and comprehension-optional (RFC 8489 §18.3)
constexpr Milliseconds kNominationRetry{100};

void random_bytes(std::uint8_t* into, std::size_t size) {
  if (RAND_bytes(into, static_cast<int>(size)) != 1) throw std::runtime_error("no random numbers");
}

std::string random_ice_chars(std::size_t size) {
  constexpr std::string_view kIceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes(size);
  random_bytes(bytes.data(), bytes.size());
  std::string out;
  for (const std::uint8_t byte : bytes) out += kIceChars[byte % kIceChars.size()];
  return out;
}

std::uint64_t random_number() {
  Bytes bytes(8);
  random_bytes(bytes.data(), bytes.size());
  return Reader(bytes).u64();
}

Bytes u64_bytes(std::uint64_t value) {
  Writer out;
  out.u64(value);
  return out.take();
}

/// The one spelling in which sockets give addresses, so that they can be compared.
std::string canonical(const std::string& address) {
  std::array<std::uint8_t, 16> raw{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, address.c_str(), raw.data()) != 1) return address;
  inet_ntop(AF_INET6, raw.data(), text.data(), text.size());
  return text.data();
}

}  // namespace

SizedCheck& IceAgent::Pair::sized(std::size_t bytes) {
  const auto found = std::ranges::find(state.sizes, bytes, &SizedCheck::bytes);
  return found != state.sizes.end() ? *found : state.sizes.emplace_back(SizedCheck{bytes, 0, 0});
}

IceCredentials random_ice_credentials() {
  return {random_ice_chars(8), Secret(random_ice_chars(32))};
}

IceAgent::IceAgent(IceCredentials own, IceCredentials remote, IceSettings settings)
    : own_(std::move(own)),
      remote_(std::move(remote)),
      settings_(std::move(settings)),
      controlling_(settings_.controlling),
      tie_breaker_(random_number()) {}

PairId IceAgent::add_pair(PathId path, const Candidate& remote, Clock::time_point now) {
  Pair& pair = pairs_.emplace_back();
  pair.state.path = path;
  pair.state.remote = remote;
  pair.state.remote.endpoint.address = canonical(remote.endpoint.address);
  pair.start = now;
  schedule(pair, now);
  return static_cast<PairId>(pairs_.size() - 1);
}

void IceAgent::send_check(Pair& pair, std::size_t padded_to, Clock::time_point now) {
  StunMessage request = binding_request(remote_.ufrag + ":" + own_.ufrag);
  request.add_u32(stun_attribute::kPriority,
                  candidate_priority(CandidateType::prflx, settings_.local_preference, 1));
  request.add(controlling_ ? stun_attribute::kIceControlling : stun_attribute::kIceControlled,
              u64_bytes(tie_breaker_));
  Sent sent{request.id, now, padded_to, controlling_ && pair.nominating, controlling_, 0};
  if (sent.use_candidate) request.add(stun_attribute::kUseCandidate, {});
  const StunSigning signing{short_term_key(remote_.pwd), true};
  if (padded_to > 0) {
    constexpr std::size_t kAttributeHeader = 4;
    const std::size_t bare = encode_stun(request, signing).size() + kAttributeHeader;
    request.add(kPadding, Bytes(padded_to - bare));
    ++pair.sized(padded_to).sent;
  }
  sent.number = ++pair.state.requests_sent;
  if (pair.sent.size() == kMostSent) pair.sent.erase(pair.sent.begin());
  pair.sent.push_back(sent);
  out_.push_back({pair.state.path, pair.state.remote.endpoint, encode_stun(request, signing)});
}

/// Sends what is due for this pair and says when the next is.
void IceAgent::schedule(Pair& pair, Clock::time_point now) {
  pair.next.reset();
  if (pair.stopped) return;
  if (pair.nominating) {
    send_check(pair, 0, now);
    pair.next = now + (pair.state.nominated ? settings_.keep_alive : kNominationRetry);
    return;
  }
  if (pair.state.status != PairStatus::checking || settings_.tries.empty()) return;
  if (pair.tries_done + 1 >= settings_.tries.size()) {
    pair.state.status = PairStatus::silent;
    return;
  }
  send_check(pair, 0, now);
  pair.next = pair.start + settings_.tries[++pair.tries_done];
}

std::vector<IceAgent::Outgoing> IceAgent::take() {
  return std::exchange(out_, {});
}

std::optional<Clock::time_point> IceAgent::next_timer() const {
  std::optional<Clock::time_point> first;
  for (const Pair& pair : pairs_) {
    if (pair.next && (!first || *pair.next < *first)) first = pair.next;
  }
  return first;
}

void IceAgent::on_timer(Clock::time_point now) {
  for (Pair& pair : pairs_) {
    if (pair.next && *pair.next <= now) schedule(pair, now);
  }
}

void IceAgent::nominate(PairId id, Clock::time_point now) {
  Pair& pair = pairs_.at(id);
  for (Pair& other : pairs_) {
    if (&other != &pair && other.nominating) other.nominating = other.state.nominated = false;
  }
  pair.nominating = true;
  pair.stopped = false;
  schedule(pair, now);
}

void IceAgent::check_again(PairId pair, Clock::time_point now) {
  send_check(pairs_.at(pair), 0, now);
}

void IceAgent::check_sized(PairId pair, std::size_t bytes, Clock::time_point now) {
  constexpr std::size_t kSmallest = 128;
  constexpr std::size_t kLargest = 65507;  // 65535 less the headers of IPv4 and UDP
  if (bytes % 4 != 0 || bytes < kSmallest || bytes > kLargest) throw std::invalid_argument("size of a check");
  send_check(pairs_.at(pair), bytes, now);
}

void IceAgent::stop(PairId id) {
  Pair& pair = pairs_.at(id);
  pair.stopped = true;
  pair.next.reset();
  if (pair.state.status == PairStatus::checking) pair.state.status = PairStatus::silent;
}

std::optional<PairId> IceAgent::nominated() const {
  const auto found = std::ranges::find_if(pairs_, [](const Pair& pair) { return pair.state.nominated; });
  if (found == pairs_.end()) return std::nullopt;
  return static_cast<PairId>(found - pairs_.begin());
}

bool IceAgent::settled() const {
  return std::ranges::none_of(pairs_,
                              [](const Pair& pair) { return pair.state.status == PairStatus::checking; });
}

}  // namespace lkdoctor::proto
