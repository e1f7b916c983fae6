// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <charconv>
#include <lkdoctor/proto/candidate.hpp>
#include <lkdoctor/text.hpp>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kLongestLine = 512;       // ours; real ones have about 120 bytes
constexpr std::size_t kLongestFoundation = 32;  // RFC 8839 §5.1: 1*32ice-char
constexpr std::size_t kLongestName = 253;
constexpr std::array<std::string_view, 4> kTypes{"host", "srflx", "prflx", "relay"};

/// The words of a line, one space apart.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  bool done() const noexcept { return rest_.empty(); }
  std::string_view next() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    return word;
  }

 private:
  std::string_view rest_;
};

template <class Number>
std::optional<Number> number(std::string_view word) {
  Number value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

/// ice-char of RFC 8839 §5.1.
bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

bool is_local_name(std::string_view word) {
  return word.size() <= kLongestName && word.ends_with(".local") && std::ranges::all_of(word, [](char c) {
           return (is_ice_char(c) && c != '+' && c != '/') || c == '-' || c == '.';
         });
}

std::optional<Endpoint> endpoint(std::string_view address, std::string_view port) {
  const auto parsed = number<std::uint16_t>(port);
  if (!parsed || !(is_numeric_address(address) || is_local_name(address))) return std::nullopt;
  return Endpoint{std::string(address), *parsed};
}

std::optional<CandidateTransport> transport(std::string_view word) {
  const std::string lower = to_lower_ascii(word);
  if (lower == "udp") return CandidateTransport::udp;
  if (lower == "tcp") return CandidateTransport::tcp;
  return std::nullopt;
}

/// Everything behind the type: pairs of a name and a value. False: an extension that must be right is not.
bool read_extensions(Words& words, Candidate& candidate) {
  std::string_view related_address, related_port;
  while (!words.done()) {
    const std::string_view name = words.next();
    const std::string_view value = words.next();
    if (name == "raddr") related_address = value;
    if (name == "rport") related_port = value;
    if (name == "tcptype") candidate.tcp_type = printable(value, 16);
  }
  if (!related_address.empty()) candidate.related = endpoint(related_address, related_port);
  return candidate.transport == CandidateTransport::udp || !candidate.tcp_type.empty();
}

}  // namespace

std::optional<Candidate> parse_candidate(std::string_view line) {
  line = trimmed(line);
  if (line.size() > kLongestLine) return std::nullopt;
  if (line.starts_with("a=")) line.remove_prefix(2);
  constexpr std::string_view kPrefix = "candidate:";
  if (!line.starts_with(kPrefix)) return std::nullopt;
  Words words(line.substr(kPrefix.size()));
  Candidate candidate;
  candidate.foundation = std::string(words.next());
  const auto component = number<std::uint32_t>(words.next());
  const auto over = transport(words.next());
  const auto priority = number<std::uint32_t>(words.next());
  const std::string_view address = words.next();
  const auto where = endpoint(address, words.next());
  const bool typed = words.next() == "typ";
  const auto type = std::ranges::find(kTypes, words.next());
  const bool founded = !candidate.foundation.empty() && candidate.foundation.size() <= kLongestFoundation &&
                       std::ranges::all_of(candidate.foundation, is_ice_char);
  if (!founded || !component || !over || !priority || !where || !typed || type == kTypes.end()) {
    return std::nullopt;
  }
  candidate.component = *component;
  candidate.transport = *over;
  candidate.priority = *priority;
  candidate.endpoint = *where;
  candidate.type = static_cast<CandidateType>(type - kTypes.begin());
  if (!read_extensions(words, candidate)) return std::nullopt;
  return candidate;
}

std::string format_candidate(const Candidate& candidate) {
  std::string out = "candidate:" + candidate.foundation + " " + std::to_string(candidate.component);
  out += candidate.transport == CandidateTransport::udp ? " udp " : " tcp ";
  out += std::to_string(candidate.priority) + " " + candidate.endpoint.address + " " +
         std::to_string(candidate.endpoint.port) + " typ ";
  out += kTypes.at(static_cast<std::size_t>(candidate.type));
  if (candidate.related) {
    out += " raddr " + candidate.related->address + " rport " + std::to_string(candidate.related->port);
  }
  if (!candidate.tcp_type.empty()) out += " tcptype " + candidate.tcp_type;
  return out;
}

std::uint32_t candidate_priority(CandidateType type, std::uint16_t local_preference,
                                 std::uint32_t component) {
  constexpr std::array<std::uint32_t, 4> kPreference{126, 100, 110, 0};  // RFC 8445 §5.1.2.2
  return kPreference.at(static_cast<std::size_t>(type)) << 24U | std::uint32_t{local_preference} << 8U |
         (256 - component);
}

}  // namespace lkdoctor::proto
