// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "respond/desk.hpp"

namespace lkdoctor::respond {

inline constexpr std::size_t kLongestHead = std::size_t{16} << 10U;
inline constexpr std::size_t kLongestBody = std::size_t{4} << 10U;

/// The head of a request to the control connection.
struct ControlHead {
  unsigned refused = 0;  ///< the status with which it is; 0: it can be read
  ControlRequest request;
  std::size_t body_size = 0;
  bool keep_alive = true;
};
/// `text`: up to the empty line, that included.
ControlHead read_head(std::string_view text);
std::string_view reason_of(unsigned status);

}  // namespace lkdoctor::respond
