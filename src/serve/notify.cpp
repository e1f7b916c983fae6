// SPDX-License-Identifier: EUPL-1.2
#include "serve/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstring>
#include <lkdoctor/text.hpp>

namespace lkdoctor::serve {
namespace {

constexpr std::size_t kLongestStatus = 300;

std::optional<std::int64_t> number(const Variable& variable, std::string_view name) {
  const auto text = variable(name);
  std::int64_t value = 0;
  if (!text || text->empty()) return std::nullopt;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc{} || rest != end || value < 0) return std::nullopt;
  return value;
}

}  // namespace

Notify::Notify(const Variable& variable, int pid) : socket_(variable("NOTIFY_SOCKET").value_or("")) {
  if (!socket_.starts_with('/') && !socket_.starts_with('@')) socket_.clear();  // vsock: and what may come
  const auto microseconds = number(variable, "WATCHDOG_USEC");
  const auto meant = variable("WATCHDOG_PID");
  const bool ours = !meant || number(variable, "WATCHDOG_PID") == pid;
  if (!socket_.empty() && ours && microseconds.value_or(0) > 1)
    alive_every_ = Microseconds(*microseconds / 2);
}

void Notify::ready(std::string_view text) const {
  say("READY=1\nSTATUS=" + printable(text, kLongestStatus));
}

void Notify::status(std::string_view text) const {
  say("STATUS=" + printable(text, kLongestStatus));
}

void Notify::reloading(Clock::time_point now) const {
  // steady_clock is CLOCK_MONOTONIC here, which is the clock that the manager compares with.
  const auto since_boot = std::chrono::duration_cast<Microseconds>(now.time_since_epoch());
  say("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
}

void Notify::stopping() const {
  say("STOPPING=1\nSTATUS=Stopping");
}

void Notify::alive() const {
  if (alive_every_) say("WATCHDOG=1");
}

void Notify::say(std::string_view lines) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.starts_with('@')) address.sun_path[0] = '\0';
  // The length counts for an abstract name: a byte more would be another name.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size() +
                                             (socket_.starts_with('/') ? 1 : 0));
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return;
  sendto(descriptor, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
         length);
  close(descriptor);
}

}  // namespace lkdoctor::serve
