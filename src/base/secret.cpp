// SPDX-License-Identifier: EUPL-1.2
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <lkdoctor/secret.hpp>
#include <lkdoctor/text.hpp>
#include <vector>

namespace lkdoctor {
namespace {

/// Printed in OpenTalk's and LiveKit's documentation and examples.
constexpr std::array<std::string_view, 10> kPublishedSecrets{
    "livekitapisecret", "mylivekitapikey",         "secret1",  "secret2",  "secret", "-secret-",
    "<api_secret>",     "your-livekit-api-secret", "changeme", "devsecret"};

constexpr std::size_t kShortestSearchable = 12;

std::string fingerprint_of(std::string_view secret) {
  static const std::array<unsigned char, 32> key = [] {
    std::array<unsigned char, 32> drawn{};
    RAND_bytes(drawn.data(), static_cast<int>(drawn.size()));
    return drawn;
  }();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data(), &length);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    out += kHex[digest[i] >> 4U];
    out += kHex[digest[i] & 15U];
  }
  return out;
}

bool looks_like_number(std::string_view text) {
  if (text.empty()) return false;
  const std::string lower = to_lower_ascii(text);
  if (lower == "true" || lower == "false" || lower == "inf" || lower == "nan") return true;
  if (lower.find_first_not_of("0123456789+-.e") != std::string::npos) return false;
  return lower.find_first_of("0123456789") != std::string::npos && lower.front() != 'e';
}

bool looks_like_placeholder(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  const bool bracketed = text.size() > 2 && text.front() == '<' && text.back() == '>';
  const bool variable =
      text.starts_with("${") || (text.size() > 1 && text[0] == '$' && text[1] >= 'A' && text[1] <= 'Z');
  return bracketed || variable || lower.starts_with("your-") || lower.starts_with("your_") ||
         lower == "changeme" || lower == "change-me" || lower == "todo";
}

std::string hex(std::string_view text, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

std::string percent_encoded(std::string_view text, bool upper) {
  constexpr std::string_view kUnreserved =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  std::string out;
  for (const char c : text) {
    if (kUnreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += "%" + hex({&c, 1}, upper);
    }
  }
  return out;
}

/// Base64 of `text` as it stands inside a longer text, at each of the three alignments: only the characters
/// that depend on the secret alone.
std::string base64_core(std::string_view text, std::size_t alignment, std::string_view alphabet) {
  std::string padded(alignment, '\0');
  padded += text;
  std::string out;
  for (std::size_t i = 0; i + 2 < padded.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = group << 8U | static_cast<unsigned char>(padded[i + j]);
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[group >> static_cast<unsigned>(shift) & 63U];
  }
  return out.substr(alignment == 0 ? 0 : alignment + 1);
}

/// The list is parted by NUL. A binary key that has one is found in its other forms: no text holds it as it
/// is.
void append(std::string& list, std::string_view needle) {
  if (needle.size() < 8 || needle.find('\0') != std::string_view::npos) return;
  list += needle;
  list += '\0';
}

}  // namespace

SecretTraits traits_of(const Secret& secret) {
  const std::string& text = secret.reveal();
  SecretTraits traits;
  traits.length = text.size();
  traits.fingerprint = fingerprint_of(text);
  for (const std::string_view sample : kPublishedSecrets) traits.published_sample |= text == sample;
  traits.outer_whitespace = trimmed(text).size() != text.size();
  traits.quoted =
      text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  traits.placeholder = looks_like_placeholder(text);
  traits.number_like = looks_like_number(text);
  for (const char c : text) traits.non_ascii |= static_cast<unsigned char>(c) >= 0x80;
  return traits;
}

void Redactor::add(const Secret& secret) {
  const std::string& text = secret.reveal();
  if (text.size() < kShortestSearchable || traits_of(secret).published_sample) return;
  append(needles_, text);
  append(needles_, hex(text, false));
  append(needles_, hex(text, true));
  append(needles_, percent_encoded(text, true));
  append(needles_, percent_encoded(text, false));
  for (std::size_t alignment = 0; alignment < 3; ++alignment) {
    append(needles_,
           base64_core(text, alignment, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"));
    append(needles_,
           base64_core(text, alignment, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"));
  }
}

namespace {

constexpr std::string_view kJwtAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// The run of base64url characters and up to two dots that begins at `at`.
struct JwtRun {
  std::size_t end;
  int dots;
};

JwtRun jwt_run(std::string_view text, std::size_t at) {
  JwtRun run{at, 0};
  for (; run.end < text.size(); ++run.end) {
    if (text[run.end] == '.') {
      if (run.dots == 2) break;
      ++run.dots;
    } else if (kJwtAlphabet.find(text[run.end]) == std::string_view::npos) {
      break;
    }
  }
  return run;
}

/// `text` with everything that looks like a JWT ("eyJ…" with dots) masked. Looks at each byte at most a few
/// times, whatever a peer sends: a run without a dot holds no token, so the search goes on behind it.
std::string without_jwts(std::string_view text, std::size_t& count) {
  constexpr std::size_t kShortest = 21;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t hit = text.find("eyJ"); hit != std::string_view::npos;) {
    const JwtRun run = jwt_run(text, hit);
    std::size_t next = run.end;
    if (run.dots > 0 && run.end - hit >= kShortest) {
      out.append(text.substr(copied, hit - copied)).append("[token]");
      copied = run.end;
      ++count;
    } else if (run.dots > 0) {
      next = hit + 1;
    }
    hit = text.find("eyJ", next);
  }
  return out.append(text.substr(copied));
}

}  // namespace

std::string Redactor::clean(std::string_view text) const {
  std::string out(text);
  for (std::size_t from = 0; from < needles_.size();) {
    const std::size_t end = needles_.find('\0', from);
    const std::string_view needle = std::string_view(needles_).substr(from, end - from);
    for (std::size_t hit = out.find(needle); hit != std::string::npos; hit = out.find(needle, hit)) {
      out.replace(hit, needle.size(), "[secret]");
      ++count_;
    }
    from = end + 1;
  }
  return without_jwts(out, count_);
}

}  // namespace lkdoctor
