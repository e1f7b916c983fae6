// SPDX-License-Identifier: EUPL-1.2
#include "base/address_text.hpp"

#include <array>
#include <charconv>

namespace lkdoctor {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kGroups = 8;
using Groups = std::array<unsigned, kGroups>;

void put(std::string& out, unsigned number, int base) {
  std::array<char, 5> digits{};
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number, base).ptr);
}

void put_ipv4(std::string& out, Bytes address) {
  for (std::size_t i = 0; i < address.size(); ++i) {
    if (i > 0) out += '.';
    put(out, address[i], 10);
  }
}

struct Zeros {
  std::size_t first = kGroups, size = 0;
};

/// RFC 5952 §4.2: the longest run, the first of two; a single group is written out.
Zeros zeros_of(const Groups& groups) {
  Zeros best, now{0, 0};
  for (std::size_t i = 0; i < kGroups; ++i) {
    now = groups.at(i) == 0 ? Zeros{now.first, now.size + 1} : Zeros{i + 1, 0};
    if (now.size > 1 && now.size > best.size) best = now;
  }
  return best;
}

/// IPv4-mapped and IPv4-compatible ones end in four numbers (RFC 4291 §2.5.5).
bool ends_in_ipv4(const Groups& groups, const Zeros& zeros) {
  return zeros.first == 0 && (zeros.size == 6 || (zeros.size == 5 && groups[5] == 0xffff));
}

void put_ipv6(std::string& out, Bytes address) {
  Groups groups{};
  for (std::size_t i = 0; i < kGroups; ++i)
    groups.at(i) = unsigned{address[2 * i]} << 8U | address[2 * i + 1];
  const Zeros zeros = zeros_of(groups);
  const std::size_t end = ends_in_ipv4(groups, zeros) ? kGroups - 2 : kGroups;
  for (std::size_t i = 0; i < end; i += i == zeros.first ? zeros.size : 1) {
    if (i == zeros.first) {
      out += "::";
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    put(out, groups.at(i), 16);
  }
  if (end == kGroups) return;
  if (out.back() != ':') out += ':';
  put_ipv4(out, address.last(4));
}

}  // namespace

std::string address_text(Bytes address) {
  std::string out;
  if (address.size() == 4) {
    put_ipv4(out, address);
  } else {
    put_ipv6(out, address);
  }
  return out;
}

}  // namespace lkdoctor
