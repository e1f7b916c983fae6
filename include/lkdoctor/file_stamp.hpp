// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace lkdoctor {

/// What tells one state of a file or folder from the next, whether it was written to or replaced. Take it
/// before the file is read: what changes meanwhile is seen at the next look.
struct FileStamp {
  std::string path;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;  ///< since 1970
  bool there = false;                            ///< false: nobody has such a file, or it is not to be seen
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stamp_of(const std::string& path);

}  // namespace lkdoctor
