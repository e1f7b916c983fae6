// SPDX-License-Identifier: EUPL-1.2
#include "respond/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <lkdoctor/clock.hpp>

namespace lkdoctor::respond {
namespace {

constexpr Milliseconds kQuiet{50};

int give_back_segments(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    // What may be written holds the linker's work and is not in the file.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t at = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t first = (at + page - 1) / page * page, end = (at + segment.p_memsz) / page * page;
    if (first < end) (void)madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void give_back_pages() {
  malloc_trim(0);
  dl_iterate_phdr(give_back_segments, nullptr);
}

void Rest::disturbed() {
  again_ = true;
  if (!waiting_) wait();
}

void Rest::wait() {
  waiting_ = true;
  again_ = false;
  timer_.expires_after(kQuiet);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    if (again_) return wait();
    waiting_ = false;
    give_back_pages();
  });
}

}  // namespace lkdoctor::respond
