// SPDX-License-Identifier: EUPL-1.2
#include "engine/mark.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <new>
#include <system_error>

namespace lkdoctor::engine {

SharedMark::SharedMark() : cell_(nullptr) {
  void* page = mmap(nullptr, sizeof(*cell_), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "shared page");
  cell_ = new (page) MarkCell(0);
}

SharedMark::~SharedMark() {
  munmap(cell_, sizeof(*cell_));
}

std::optional<Mark> SharedMark::current() const {
  const std::uint64_t value = *cell_;
  if (value == 0) return std::nullopt;
  return Mark{static_cast<JobNumber>(value >> 32), static_cast<std::uint32_t>(value)};
}

}  // namespace lkdoctor::engine
