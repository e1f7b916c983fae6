// SPDX-License-Identifier: EUPL-1.2
#include <sys/stat.h>

#include <lkdoctor/file_stamp.hpp>

namespace lkdoctor {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

FileStamp stamp_of(const std::string& path) {
  struct stat found = {};
  if (stat(path.c_str(), &found) != 0) return {.path = path};
  return {
      path, found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim), nanoseconds(found.st_ctim),
      true};
}

}  // namespace lkdoctor
