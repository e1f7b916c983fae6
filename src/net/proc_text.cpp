// SPDX-License-Identifier: EUPL-1.2
#include "net/proc_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace lkdoctor::net {

std::string proc_text(const std::string& path, std::size_t longest) {
  std::string text;
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  std::array<char, 4096> block{};
  ssize_t size = 0;
  while (text.size() < longest && (size = read(file, block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(size));
  }
  close(file);
  return text;
}

}  // namespace lkdoctor::net
