// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/probes/clock.hpp>
#include <set>

namespace lkdoctor::probes {
namespace {

constexpr double kWrong = 60;  // seconds: the leeway that LiveKit allows a token
constexpr double kAgree = 5;   // how near two clocks must be to be called one opinion

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<int> number(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  for (const char c : text.substr(at, length)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7): the only form that is still sent.
std::optional<std::int64_t> parse_date(std::string_view text) {
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  const auto day = number(text, 5, 2), year = number(text, 12, 4);
  const auto hour = number(text, 17, 2), minute = number(text, 20, 2), second = number(text, 23, 2);
  if (month == kMonths.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = static_cast<int>(month - kMonths.begin());
  parts.tm_mday = *day;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  return timegm(&parts);
}

/// LiveKit's own clock counts beside the proxy's only if they are known to be two machines.
bool livekit_is_another_host(const Facts& facts, const Deployment& deployment) {
  const auto where = facts.find(facts::public_addresses);
  if (!where || where->numeric().empty() || !deployment.livekit) return false;
  if (deployment.livekit->node_ip.value.empty()) return false;
  return std::ranges::none_of(deployment.livekit->node_ip.value, [&](const std::string& address) {
    return std::ranges::find(where->numeric(), address) != where->numeric().end();
  });
}

}  // namespace

std::optional<double> date_offset(const Asked& asked) {
  const auto date = parse_date(asked.answer.header("date"));
  if (!date || asked.received_at_ms == 0) return std::nullopt;
  // The answer was written half a round trip before it came; the header is cut to whole seconds.
  const double written = static_cast<double>(asked.received_at_ms) / 1000 -
                         std::chrono::duration<double>(asked.first_byte).count() / 2;
  return static_cast<double>(*date) + 0.5 - written;
}

std::optional<double> agreed_error(const std::vector<facts::DateSeen>& peers) {
  std::set<std::string> hosts;
  for (const facts::DateSeen& peer : peers) hosts.insert(peer.peer);
  if (hosts.size() < 2) return std::nullopt;
  const auto [least, most] = std::ranges::minmax(peers, {}, &facts::DateSeen::offset_seconds);
  if (most.offset_seconds - least.offset_seconds > kAgree) return std::nullopt;
  return (least.offset_seconds + most.offset_seconds) / 2;
}

std::optional<double> clock_error(const Facts& facts, const Deployment& deployment) {
  const auto clock = facts.find(facts::local_clock);
  if (!clock || clock->peers.empty()) return std::nullopt;
  if (clock->wrong_by_seconds && std::abs(*clock->wrong_by_seconds) > kWrong) return clock->wrong_by_seconds;
  const auto key = facts.find(facts::key_verdict);
  if (!key || !key->server_clock_offset_seconds || !livekit_is_another_host(facts, deployment)) {
    return std::nullopt;
  }
  const double own = *key->server_clock_offset_seconds;
  const bool agreed = std::ranges::all_of(clock->peers, [&](const facts::DateSeen& peer) {
    return std::abs(peer.offset_seconds - own) <= kAgree;
  });
  if (!agreed || std::abs(own) <= kWrong) return std::nullopt;
  return own;
}

}  // namespace lkdoctor::probes
