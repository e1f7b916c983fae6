// SPDX-License-Identifier: EUPL-1.2
#include "cli/respond_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <lkdoctor/text.hpp>

#include "base/duration.hpp"

namespace lkdoctor::cli {
namespace {

constexpr std::chrono::seconds kUsual{15 * 60};
constexpr std::chrono::seconds kLongest{7 * 24 * 3600};

std::optional<std::uint16_t> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value == 0 || value > 65535)
    return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

[[noreturn]] void refuse(const std::string& option, const std::string& value, std::string_view wanted) {
  throw UsageError{option + " " + printable(value, 60) + ": wanted is " + std::string(wanted)};
}

std::vector<std::string> pieces(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

namespace {

/// In order, and each port once: whatever overlaps or adjoins is one range.
std::vector<proto::Ports> merged(std::vector<proto::Ports> ranges) {
  std::ranges::sort(ranges, {}, &proto::Ports::first);
  std::vector<proto::Ports> out;
  for (const proto::Ports& one : ranges) {
    if (out.empty() || one.first > out.back().last + 1) {
      out.push_back(one);
    } else {
      out.back().last = std::max(out.back().last, one.last);
    }
  }
  return out;
}

}  // namespace

std::vector<proto::Ports> ports_of(const std::string& option, const std::string& text) {
  std::vector<proto::Ports> out;
  for (const std::string& piece : pieces(text)) {
    const std::size_t dash = piece.find('-');
    const auto first = number(std::string_view(piece).substr(0, dash));
    const auto last = dash == std::string::npos ? first : number(std::string_view(piece).substr(dash + 1));
    if (!first || !last || *first > *last)
      refuse(option, text, "a list of ports from 1 to 65535, such as 20000-25000,7882");
    out.push_back({*first, *last});
  }
  out = merged(std::move(out));
  if (out.size() > proto::kMostServedRanges) refuse(option, text, "at most 8 ranges");
  return out;
}

std::chrono::seconds lasting(const std::string& text) {
  if (text.empty()) return kUsual;
  const auto time = seconds_of(text, kLongest.count());
  if (!time) refuse("--for", text, duration_wanted(text, "7d"));
  return std::chrono::seconds(*time);
}

std::vector<std::uint16_t> tcp_ports(const std::string& text) {
  constexpr std::size_t kMost = 16;
  std::vector<std::uint16_t> out;
  if (text.empty()) return out;
  for (const std::string& piece : pieces(text)) {
    const auto port = number(piece);
    if (!port || out.size() >= kMost) refuse("--tcp", text, "a list of at most 16 ports such as 7881,443");
    out.push_back(*port);
  }
  return out;
}

Endpoint where_to_listen(const std::string& text) {
  if (text.empty()) return {"", proto::kResponderPort};
  // As LiveKit's 0.0.0.0: no address in particular.
  const auto at = [](const std::string& address, std::uint16_t port) {
    return Endpoint{kind_of(address) == AddressKind::unspecified ? "" : address, port};
  };
  if (is_numeric_address(text)) return at(text, proto::kResponderPort);
  if (text.ends_with(']')) return where_to_listen(fmt::format("{}:{}", text, proto::kResponderPort));
  const std::size_t colon = text.rfind(':');
  const std::string before = colon == std::string::npos ? "" : text.substr(0, colon);
  const bool bracketed = before.starts_with('[') && before.ends_with(']');
  const std::string address = bracketed ? before.substr(1, before.size() - 2) : before;
  const auto port = number(colon == std::string::npos ? text : text.substr(colon + 1));
  const bool fits = address.empty()
                        ? !bracketed
                        : is_numeric_address(address) && bracketed == (family_of(address) == Family::ipv6);
  if (!port || !fits) refuse("--listen", text, "ADDRESS, ADDRESS:PORT, :PORT or PORT");
  return at(address, *port);
}

std::uint16_t slice_of(const std::string& text) {
  constexpr std::uint16_t kUsualSlice = 500;
  if (text.empty()) return kUsualSlice;
  const auto ports = number(text);
  if (!ports || *ports > proto::kMostPortsAsked) refuse("--slice", text, "a number of ports up to 8000");
  return *ports;
}

std::vector<respond::Network> networks(const std::vector<std::string>& texts) {
  std::vector<respond::Network> out;
  for (const std::string& text : texts) {
    const auto network = respond::Network::from(text);
    if (!network) refuse("--allow", text, "an address or a network such as 192.0.2.0/24");
    out.push_back(*network);
  }
  return out;
}

std::string text_of(const std::vector<proto::Ports>& ranges) {
  std::string out;
  for (const proto::Ports& one : ranges) {
    out += out.empty() ? "" : ", ";
    out += one.first == one.last ? fmt::format("{}", one.first) : fmt::format("{}-{}", one.first, one.last);
  }
  return out;
}

std::string text_of(std::chrono::seconds time) {
  const auto count = time.count();
  if (count % 3600 == 0) return fmt::format("{} h", count / 3600);
  if (count % 60 == 0) return fmt::format("{} min", count / 60);
  return fmt::format("{} s", count);
}

}  // namespace lkdoctor::cli
