// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/proto/whip.hpp>
#include <lkdoctor/text.hpp>
#include <optional>

namespace lkdoctor::proto {
namespace {

constexpr std::size_t kLongestId = 64, kLongestField = 4'096, kLongestUrl = 512, kMostServers = 16;

bool is_id(std::string_view text) {
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && c != '_' && c != '-') return false;
  }
  return !text.empty() && text.size() <= kLongestId;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// LiveKit escapes the URLs of its links as path segments: "turn:host%3Ftransport=udp".
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_value(text[i + 2]);
    if (low < 0) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

/// Reads a field from its begin; what it cannot read ends it.
class Field {
 public:
  explicit Field(std::string_view text) : rest_(text.substr(0, kLongestField)) {}

  void skip_blanks() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
  }
  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Up to one of `ends`, which stays.
  std::string_view until(std::string_view ends) {
    const std::string_view out = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(out.size());
    return out;
  }
  /// A token or a quoted string (RFC 9110 §5.6.4).
  std::string value() {
    if (!take('"')) return std::string(trimmed(until(";,")));
    std::string out;
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      out += rest_.front();
      rest_.remove_prefix(1);
    }
    (void)take('"');
    return out;
  }

 private:
  std::string_view rest_;
};

/// One link; nullopt: there is none here.
std::optional<IceServer> read_link(Field& field, bool& is_ice) {
  if (!field.take('<')) return std::nullopt;
  IceServer server;
  const std::string_view url = field.until(">");
  if (!field.take('>')) return std::nullopt;
  if (url.size() <= kLongestUrl) server.urls.push_back(percent_decoded(url));
  is_ice = false;
  while (field.take(';')) {
    field.skip_blanks();
    const std::string name = to_lower_ascii(trimmed(field.until("=;,")));
    if (!field.take('=')) continue;
    std::string value = field.value();
    if (name == "rel") {
      is_ice = value == "ice-server";
    } else if (name == "username") {
      server.username = std::move(value);
    } else if (name == "credential") {
      server.credential = Secret(std::move(value));
    }
  }
  is_ice = is_ice && !server.urls.empty();
  return server;
}

/// The first line of `sdp` that begins so, with its end; "": none.
std::string line_of(std::string_view sdp, std::string_view begin) {
  while (!sdp.empty()) {
    const std::size_t end = sdp.find('\n');
    const std::string_view line = sdp.substr(0, end);
    if (line.starts_with(begin)) return std::string(trimmed(line)) + "\r\n";
    if (end == std::string_view::npos) break;
    sdp.remove_prefix(end + 1);
  }
  return {};
}

}  // namespace

std::string whip_session_id(std::string_view location) {
  const std::size_t slash = location.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? location : location.substr(slash + 1);
  return is_id(last) ? std::string(last) : std::string{};
}

std::vector<IceServer> parse_ice_links(std::string_view text) {
  std::vector<IceServer> out;
  Field field(text);
  bool is_ice = false;
  while (out.size() < kMostServers) {
    auto server = read_link(field, is_ice);
    if (!server) break;
    if (is_ice) out.push_back(*std::move(server));
    if (!field.take(',')) break;
  }
  return out;
}

std::string whip_fragment(std::string_view offer, std::string_view candidate) {
  return line_of(offer, "a=ice-ufrag:") + line_of(offer, "a=ice-pwd:") + line_of(offer, "m=") +
         line_of(offer, "a=mid:") + "a=" + std::string(candidate) + "\r\n";
}

}  // namespace lkdoctor::proto
