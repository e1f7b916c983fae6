// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace lkdoctor {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Reads big-endian (network order) values within bounds. After a read beyond the end `failed()` is true,
/// every later read gives 0 or an empty view, and the position does not move.
class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  ByteView view(std::size_t count) {
    if (failed_ || count > left()) {
      failed_ = true;
      return {};
    }
    const ByteView part = bytes_.subspan(at_, count);
    at_ += count;
    return part;
  }
  void skip(std::size_t count) { (void)view(count); }

  bool failed() const noexcept { return failed_; }
  std::size_t left() const noexcept { return bytes_.size() - at_; }
  std::size_t position() const noexcept { return at_; }

 private:
  std::uint64_t number(std::size_t width) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : view(width)) value = value << 8U | byte;
    return value;
  }
  ByteView bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// Appends big-endian values.
class Writer {
 public:
  Writer& u8(std::uint8_t value) { return number(value, 1); }
  Writer& u16(std::uint16_t value) { return number(value, 2); }
  Writer& u32(std::uint32_t value) { return number(value, 4); }
  Writer& u64(std::uint64_t value) { return number(value, 8); }
  Writer& bytes(ByteView part) {
    out_.insert(out_.end(), part.begin(), part.end());
    return *this;
  }
  Writer& text(std::string_view part) {
    out_.insert(out_.end(), part.begin(), part.end());
    return *this;
  }
  /// Overwrites two bytes written before. REQUIRES: at + 2 <= size().
  void put_u16(std::size_t at, std::uint16_t value) {
    out_.at(at) = static_cast<std::uint8_t>(value >> 8U);
    out_.at(at + 1) = static_cast<std::uint8_t>(value);
  }
  std::size_t size() const noexcept { return out_.size(); }
  const Bytes& done() const noexcept { return out_; }
  Bytes take() noexcept { return std::move(out_); }

 private:
  Writer& number(std::uint64_t value, int width) {
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
      out_.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    }
    return *this;
  }
  Bytes out_;
};

}  // namespace lkdoctor
