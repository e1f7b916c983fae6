// SPDX-License-Identifier: EUPL-1.2
#include "config/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace lkdoctor::config {
namespace {

using std::chrono::steady_clock;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// The C library's text: English whatever the locale, because nothing here calls setlocale.
std::string reason(int error) {
  return std::generic_category().message(error);
}

FileText failed(int error) {
  const bool missing = error == ENOENT || error == ENOTDIR;
  return {missing ? FileText::State::missing : FileText::State::unreadable, {}, reason(error)};
}

std::string too_large(std::size_t limit) {
  return limit >= (std::size_t{1} << 20U) ? "is larger than " + std::to_string(limit >> 20U) + " MiB"
                                          : "is larger than " + std::to_string(limit >> 10U) + " KiB";
}

/// False: nothing came before the time was up.
bool wait_for_bytes(int descriptor, steady_clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd entry{descriptor, POLLIN, 0};
  return ::poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

FileText read_all(int descriptor, std::size_t limit) {
  FileText file{FileText::State::read, {}, {}};
  const auto until = steady_clock::now() + std::chrono::seconds(5);
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count == 0) return file;
    if (count > 0) {
      file.text.append(buffer.data(), static_cast<std::size_t>(count));
      if (file.text.size() > limit) return {FileText::State::unreadable, {}, too_large(limit)};
    } else if (errno == EAGAIN) {
      if (!wait_for_bytes(descriptor, until)) return {FileText::State::unreadable, {}, "gives no data"};
    } else if (errno != EINTR) {
      return failed(errno);
    }
  }
}

}  // namespace

FileText read_file(const std::string& path, std::size_t limit) {
  // A named pipe without a writer must not hold the whole run: O_NONBLOCK, then poll.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.number() < 0) return failed(errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode)) return failed(EISDIR);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode) &&
      path != "/dev/null") {
    return {FileText::State::unreadable, {}, "is a device, not a file"};
  }
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > limit) {
    return {FileText::State::unreadable, {}, too_large(limit)};
  }
  // Without a writer a pipe reads as empty: one that is about to come is waited for. A pipe that had one
  // shows it.
  const auto until = steady_clock::now() + std::chrono::seconds(5);
  if (S_ISFIFO(status.st_mode) && !wait_for_bytes(file.number(), until)) {
    return {FileText::State::unreadable, {}, "is a pipe into which nothing is written"};
  }
  return read_all(file.number(), limit);
}

std::string inside(const std::string& folder, const std::string& path) {
  if (path.empty() || path.front() == '/' || folder.empty() || folder == ".") return path;
  return folder.back() == '/' ? folder + path : folder + "/" + path;
}

}  // namespace lkdoctor::config
