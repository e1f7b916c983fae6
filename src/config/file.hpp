// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <string>
#include <string_view>

namespace lkdoctor::config {

/// No configuration that an operator writes comes near.
inline constexpr std::size_t kLargestFile = std::size_t{1} << 20U;
inline constexpr std::size_t kLargestSecretFile = std::size_t{64} << 10U;

/// What came of reading a file. A file that is too large or silent counts as unreadable.
struct FileText {
  enum class State { read, missing, unreadable };
  State state = State::missing;
  std::string text;
  std::string problem;  ///< "Permission denied", "is larger than 1 MiB"; empty if read
};

/// Reads at most `limit` bytes. Pipes (`<(…)`) are waited for, 5 s at most. Never blocks on devices.
FileText read_file(const std::string& path, std::size_t limit = kLargestFile);

/// `path` as seen from `folder`, unless it is absolute. `folder` "." leaves it as it is.
std::string inside(const std::string& folder, const std::string& path);

}  // namespace lkdoctor::config
