// SPDX-License-Identifier: EUPL-1.2
#include <idn2.h>

#include <algorithm>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>
#include <vector>

namespace lkdoctor {
namespace {

// RFC 3492 §5, parameters of Punycode.
constexpr std::uint32_t kBase = 36, kFirst = 1, kLast = 26, kSkew = 38, kDamp = 700, kStartBias = 72,
                        kStart = 128;
constexpr std::size_t kLongestLabel = 63;  // RFC 1035 §2.3.4

std::optional<std::uint32_t> digit(char c) {
  if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a');
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0' + 26);
  return std::nullopt;
}

/// RFC 3492 §6.1.
std::uint32_t adapted(std::uint32_t delta, std::uint32_t points, bool first) {
  delta = first ? delta / kDamp : delta / 2;
  delta += delta / points;
  std::uint32_t k = 0;
  while (delta > (kBase - kFirst) * kLast / 2) {
    delta /= kBase - kFirst;
    k += kBase;
  }
  return k + (kBase - kFirst + 1) * delta / (delta + kSkew);
}

void append_utf8(std::string& out, std::uint32_t point) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (point < 0x80) return add(point);
  if (point < 0x800) {
    add(0xc0U | point >> 6U);
  } else {
    if (point < 0x10000) {
      add(0xe0U | point >> 12U);
    } else {
      add(0xf0U | point >> 18U);
      add(0x80U | (point >> 12U & 0x3fU));
    }
    add(0x80U | (point >> 6U & 0x3fU));
  }
  add(0x80U | (point & 0x3fU));
}

/// One generalised variable-length integer (RFC 3492 §6.2, inner loop), added to `i`.
bool read_delta(std::string_view text, std::size_t& at, std::uint32_t bias, std::uint32_t& i) {
  std::uint64_t weight = 1, sum = i;
  for (std::uint32_t k = kBase;; k += kBase) {
    if (at >= text.size()) return false;
    const auto value = digit(text[at++]);
    if (!value) return false;
    sum += *value * weight;
    const std::uint32_t threshold = k <= bias ? kFirst : (k >= bias + kLast ? kLast : k - bias);
    if (sum > 0x7fffffff) return false;
    if (*value < threshold) break;
    weight *= kBase - threshold;
    if (weight > 0x7fffffff) return false;
  }
  i = static_cast<std::uint32_t>(sum);
  return true;
}

/// RFC 3492 §6.2, without the "xn--" in front.
std::optional<std::string> decoded(std::string_view text) {
  if (text.size() > kLongestLabel) return std::nullopt;
  std::vector<std::uint32_t> points;
  std::size_t at = 0;
  if (const auto dash = text.rfind('-'); dash != std::string_view::npos) {
    for (const char c : text.substr(0, dash)) points.push_back(static_cast<unsigned char>(c));
    at = dash + 1;
  }
  std::uint32_t point = kStart, i = 0, bias = kStartBias;
  while (at < text.size()) {
    const std::uint32_t before = i;
    if (!read_delta(text, at, bias, i)) return std::nullopt;
    const auto count = static_cast<std::uint32_t>(points.size()) + 1;
    bias = adapted(i - before, count, before == 0);
    point += i / count;
    i %= count;
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return std::nullopt;
    points.insert(points.begin() + i, point);
    ++i;
  }
  std::string out;
  for (const std::uint32_t each : points) append_utf8(out, each);
  return out;
}

bool is_plain(std::string_view host) {
  const bool ascii = std::ranges::all_of(host, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return ascii && !host.starts_with("xn--") && host.find(".xn--") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> ascii_host(std::string_view host) {
  const std::string text = to_lower_ascii(host);
  if (is_plain(text)) return text;
  if (text.find('\0') != std::string::npos) return std::nullopt;  // the library would stop there
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.c_str());
  std::uint8_t* out = nullptr;
  const int status = idn2_lookup_u8(bytes, &out, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK) return std::nullopt;
  std::string ascii = to_lower_ascii(reinterpret_cast<const char*>(out));
  idn2_free(out);
  return ascii;
}

std::string shown_host(std::string_view host) {
  std::string readable;
  for (std::size_t at = 0; at <= host.size();) {
    const std::size_t end = std::min(host.find('.', at), host.size());
    const std::string_view label = host.substr(at, end - at);
    if (!readable.empty()) readable += '.';
    const auto unicode = label.starts_with("xn--") ? decoded(label.substr(4)) : std::nullopt;
    readable += unicode.value_or(std::string(label));
    at = end + 1;
  }
  if (readable == host || printable(readable, 1000) != readable) return std::string(host);
  return std::string(host) + " (" + readable + ")";
}

}  // namespace lkdoctor
