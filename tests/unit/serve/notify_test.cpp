// SPDX-License-Identifier: EUPL-1.2
#include "serve/notify.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <map>

#include "history_folder.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

Variable environment(std::map<std::string, std::string, std::less<>> variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

/// The service manager's end.
class Manager {
 public:
  /// "@name" or a path.
  explicit Manager(std::string name) : name_(std::move(name)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  ~Manager() { close(socket_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// What has come; a datagram on this machine is there as soon as it was sent. "" if there is none.
  std::string heard() const {
    std::array<char, 2048> buffer{};
    const ssize_t got = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return got < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  int socket_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

std::string abstract_name() {
  return "@lkdoctor-test-" + std::to_string(getpid());
}

}  // namespace

TEST_CASE("the service manager hears of start, state, reload and end, at a path and at an abstract name") {
  const test::HistoryFolder folder;
  for (const std::string& name : {folder.path() + "/notify", abstract_name()}) {
    const Manager manager(name);
    const Notify notify(environment({{"NOTIFY_SOCKET", name}}), getpid());
    notify.ready("40 targets");
    CHECK(manager.heard() == "READY=1\nSTATUS=40 targets");
    notify.status("39 healthy\nREADY=0");
    CHECK(manager.heard() == "STATUS=39 healthy\\nREADY=0");
    notify.reloading(Clock::time_point(std::chrono::microseconds(1'234'567)));
    CHECK(manager.heard() == "RELOADING=1\nMONOTONIC_USEC=1234567");
    notify.stopping();
    CHECK(manager.heard() == "STOPPING=1\nSTATUS=Stopping");
    notify.alive();  // nobody asked for it
    CHECK(manager.heard().empty());
  }
}

TEST_CASE("the time of a reload is that of the monotonic clock") {
  const Manager manager(abstract_name());
  timespec before{}, after{};
  clock_gettime(CLOCK_MONOTONIC, &before);
  Notify(environment({{"NOTIFY_SOCKET", manager.name()}}), getpid()).reloading(Clock::now());
  clock_gettime(CLOCK_MONOTONIC, &after);
  const std::string heard = manager.heard();
  const std::string lead = "RELOADING=1\nMONOTONIC_USEC=";
  REQUIRE(heard.starts_with(lead));
  const long long said = std::stoll(heard.substr(lead.size()));
  CHECK(said >= before.tv_sec * 1'000'000LL + before.tv_nsec / 1000);
  CHECK(said <= after.tv_sec * 1'000'000LL + after.tv_nsec / 1000);
}

TEST_CASE("the watchdog is told twice in its time, if it is ours") {
  const Manager manager(abstract_name());
  const auto every = [&](std::string microseconds, std::string pid) {
    return Notify(environment({{"NOTIFY_SOCKET", manager.name()},
                               {"WATCHDOG_USEC", std::move(microseconds)},
                               {"WATCHDOG_PID", std::move(pid)}}),
                  42)
        .alive_every();
  };
  CHECK(every("30000000", "42") == Microseconds(15'000'000));
  CHECK(every("30000000", "43") == std::nullopt);
  CHECK(every("30000000", "soon") == std::nullopt);
  CHECK(every("0", "42") == std::nullopt);
  CHECK(every("-5", "42") == std::nullopt);
  const Notify notify(environment({{"NOTIFY_SOCKET", manager.name()}, {"WATCHDOG_USEC", "1000000"}}), 42);
  CHECK(notify.alive_every() == Microseconds(500'000));
  notify.alive();
  CHECK(manager.heard() == "WATCHDOG=1");
  CHECK(Notify(environment({{"WATCHDOG_USEC", "1000000"}}), 42).alive_every() == std::nullopt);
}

TEST_CASE(
    "without a manager, or with one that is gone or of another kind, nothing is said and nothing waits") {
  for (const std::string name : {"", "/nowhere/notify", "vsock:2:1234", "relative", "@"}) {
    Notify(environment({{"NOTIFY_SOCKET", name}}), getpid()).ready("40 targets");
  }
  Notify(environment({{"NOTIFY_SOCKET", "/" + std::string(200, 'x')}}), getpid()).stopping();
  Notify(environment({}), getpid()).ready("40 targets");
  const Manager manager(abstract_name());  // one that does not read
  const Notify notify(environment({{"NOTIFY_SOCKET", manager.name()}}), getpid());
  for (int i = 0; i < 2000; ++i) notify.status("40 targets");
  CHECK(manager.heard() == "STATUS=40 targets");
}
