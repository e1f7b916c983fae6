// SPDX-License-Identifier: EUPL-1.2
#include "respond/footprint.hpp"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <lkdoctor/clock.hpp>
#include <utility>
#include <vector>

namespace lkdoctor::respond {
namespace {

constexpr Milliseconds kLater{50};

using Span = std::pair<std::uintptr_t, std::uintptr_t>;

int note_segments(dl_phdr_info* object, std::size_t, void* into) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    // What may be written holds the linker's work and is not in the file.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t at = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t first = (at + page - 1) / page * page, end = (at + segment.p_memsz) / page * page;
    if (first < end) static_cast<std::vector<Span>*>(into)->emplace_back(first, end);
  }
  return 0;
}

}  // namespace

void give_back_pages() {
  // A file's list of segments is in its first page: reading on in it would bring that and its neighbours
  // back.
  std::vector<Span> segments;
  dl_iterate_phdr(note_segments, &segments);
  malloc_trim(0);
  for (const auto& [first, end] : segments)
    (void)madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

std::function<void(const Event&)> giving_back(std::function<void(const Event&)> tell) {
  return [tell = std::move(tell)](const Event& event) {
    tell(event);
    if (event.kind == Event::Kind::session_over) give_back_pages();
  };
}

void Rest::disturbed() {
  if (waiting_) return;
  waiting_ = true;
  timer_.expires_after(kLater);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    waiting_ = false;
    give_back_pages();
  });
}

}  // namespace lkdoctor::respond
