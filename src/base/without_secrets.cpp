// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <array>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

namespace lkdoctor {
namespace {

constexpr std::string_view kMask = "[secret]";
/// What ends a value that is not in quotes. A semicolon or a comma is seldom part of one.
constexpr std::string_view kEndOfValue = " \t\r\n\"'`&,;<>)]}";

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t", at), text.size());
}

/// `name` ends with one of these, without regard to case, '_' and '-': LIVEKIT_API_SECRET, apiSecret.
bool names_a_secret(std::string_view name) {
  constexpr std::array<std::string_view, 9> kEnds{"secret", "password",   "passwd",      "passphrase", "pwd",
                                                  "token",  "credential", "credentials", "privatekey"};
  std::string plain;
  for (const char c : to_lower_ascii(name)) {
    if (c != '_' && c != '-') plain += c;
  }
  return std::ranges::any_of(kEnds, [&](std::string_view end) { return plain.ends_with(end); });
}

/// LiveKit's own names for a key, as its generator makes them: APIxyz is followed by its secret.
bool names_a_key(std::string_view name) {
  constexpr std::size_t kShortest = 5;
  return name.size() >= kShortest && name.starts_with("API") &&
         name.find_first_of("_-") == std::string_view::npos;
}

/// "token: expired" is a sentence, "token: 8f2c…" is not.
bool may_be_prose(std::string_view name, std::string_view value) {
  constexpr std::size_t kLongestWord = 16;
  const bool letters = std::ranges::all_of(value, [](char c) { return c >= 'a' && c <= 'z'; });
  return to_lower_ascii(name).ends_with("token") && letters && value.size() <= kLongestWord;
}

/// Goes through a text once; each rule takes a piece or leaves it.
class Masker {
 public:
  explicit Masker(std::string_view text) : text_(text) {}

  std::string run() {
    while (at_ < text_.size()) {
      if (user_and_password() || word()) continue;
      out_ += text_[at_++];
    }
    return std::move(out_);
  }

 private:
  /// "://user:password@"
  bool user_and_password() {
    if (!text_.substr(at_).starts_with("://")) return false;
    const std::size_t begin = at_ + 3;
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n\"'`<>/?#", begin), text_.size());
    const std::size_t sign = text_.substr(0, end).rfind('@');
    take_to(begin);
    if (sign != std::string_view::npos && sign >= begin) mask_to(sign);
    return true;
  }

  bool word() {
    if (!is_word(text_[at_])) return false;
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    const std::string_view name = text_.substr(at_, end - at_);
    take_to(end);
    if (scheme(name) || key_pairs(name)) return true;
    if (names_a_secret(name) || names_a_key(name)) assignment(name);
    return true;
  }

  /// LIVEKIT_KEYS="name: secret, …", "keys: {name: secret}": all of it.
  bool key_pairs(std::string_view name) {
    const std::string lower = to_lower_ascii(name);
    if (lower != "livekit_keys" && lower != "keys") return false;
    const std::size_t sign = skip_blanks(text_, at_);
    if (sign >= text_.size() || (text_[sign] != '=' && text_[sign] != ':')) return false;
    const std::size_t begin = skip_blanks(text_, sign + 1);
    if (begin >= text_.size()) return false;
    const char open = text_[begin];
    const bool enclosed = open == '"' || open == '\'' || open == '{';
    if (!enclosed && lower == "keys") return false;  // names of keys, most likely
    take_to(begin + (enclosed ? 1 : 0));
    const char close = open == '{' ? '}' : open;
    const std::string ends = enclosed ? std::string{close, '\n'} : std::string("\n");
    mask_to(std::min(text_.find_first_of(ends, at_), text_.size()));
    return true;
  }

  /// "Bearer abc", "Basic dXNlcjpwdw=="
  bool scheme(std::string_view name) {
    const std::string lower = to_lower_ascii(name);
    if (lower != "bearer" && lower != "basic") return false;
    const std::size_t begin = skip_blanks(text_, at_);
    const std::size_t end = std::min(text_.find_first_of(kEndOfValue, begin), text_.size());
    constexpr std::size_t kShortest = 6;
    if (begin == at_ || end - begin < kShortest) return true;
    take_to(begin);
    mask_to(end);
    return true;
  }

  /// "name=value", "name: value", "\"name\": \"value\""
  void assignment(std::string_view name) {
    std::size_t at = at_;
    if (at < text_.size() && (text_[at] == '"' || text_[at] == '\'')) ++at;
    at = skip_blanks(text_, at);
    if (at >= text_.size() || (text_[at] != '=' && text_[at] != ':')) return;
    const bool colon = text_[at] == ':';
    const std::size_t begin = skip_blanks(text_, at + 1);
    if (begin >= text_.size()) return;
    const char quote = text_[begin];
    if (quote == '"' || quote == '\'') {
      take_to(begin + 1);
      return mask_to(std::min(text_.find_first_of(std::string{quote, '\n'}, at_), text_.size()));
    }
    const std::size_t end = std::min(text_.find_first_of(kEndOfValue, begin), text_.size());
    if (colon && may_be_prose(name, text_.substr(begin, end - begin))) return;
    const std::string value = to_lower_ascii(text_.substr(begin, end - begin));
    take_to(begin);
    if (value != "bearer" && value != "basic") mask_to(end);
  }

  void take_to(std::size_t end) {
    out_ += text_.substr(at_, end - at_);
    at_ = end;
  }
  void mask_to(std::size_t end) {
    const bool masked = text_.substr(at_, end - at_).find_first_not_of("[]") == std::string_view::npos ||
                        text_.substr(at_).starts_with("[secret") || text_.substr(at_).starts_with("[token");
    out_ += masked ? text_.substr(at_, end - at_) : kMask;
    at_ = end;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

std::string without_secrets(std::string_view text) {
  return Masker(text).run();
}

std::string without_secret_parts(std::string_view url) {
  std::string rest = without_credentials(url);
  std::string out = rest.substr(0, rest.find_first_of("?#"));
  rest.erase(0, out.size());
  while (!rest.empty()) {
    const std::string part = rest.substr(0, rest.find_first_of("?#&", 1));
    rest.erase(0, part.size());
    const std::size_t name = part.find('=');
    if (name == std::string::npos) {
      out += part.size() > 1 ? part.substr(0, 1) + "***" : part;
    } else {
      out += part.substr(0, name + 1) + (name + 1 < part.size() ? "***" : "");
    }
  }
  return out;
}

}  // namespace lkdoctor
