// SPDX-License-Identifier: EUPL-1.2
#include <netdb.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <lkdoctor/address.hpp>
#include <lkdoctor/net/resolve.hpp>
#include <lkdoctor/text.hpp>
#include <mutex>
#include <optional>
#include <thread>

#include "net/errors.hpp"
#include "net/until.hpp"

namespace lkdoctor::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Shared by the lookup's thread, which nobody can interrupt, and the coroutine that may leave earlier.
struct Lookup {
  explicit Lookup(std::string name) : host(std::move(name)), bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;
  ~Lookup() {
    if (bell >= 0) close(bell);
  }
  const std::string host;
  const int bell;  ///< readable when `answer` is there
  std::mutex mutex;
  std::optional<Resolution> answer;
};

NetOutcome outcome_of_gai(int code) {
  switch (code) {
    case 0:
      return {};
    case EAI_NONAME:
      return failed(Stage::resolve, NetError::name_not_found, "the name does not exist");
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
      return failed(Stage::resolve, NetError::name_not_found, "the name has no address");
    case EAI_AGAIN:
      return failed(Stage::resolve, NetError::name_server_failed, "no name server answered");
    case EAI_FAIL:
      return failed(Stage::resolve, NetError::name_server_failed, "the name server failed");
    default:
      return failed(Stage::resolve, NetError::other, gai_strerror(code));
  }
}

Resolution looked_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_CANONNAME;
  addrinfo* list = nullptr;
  Resolution result;
  result.outcome = outcome_of_gai(getaddrinfo(host.c_str(), nullptr, &hints, &list));
  if (list != nullptr && list->ai_canonname != nullptr &&
      to_lower_ascii(list->ai_canonname) != to_lower_ascii(host)) {
    result.canonical_name = list->ai_canonname;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0)
      continue;
    std::string address = text.data();
    if (std::ranges::find(result.addresses, address) == result.addresses.end()) {
      result.addresses.push_back(std::move(address));
    }
  }
  if (list != nullptr) freeaddrinfo(list);
  return result;
}

void run(const std::shared_ptr<Lookup>& lookup) {
  Resolution answer = looked_up(lookup->host);
  const std::lock_guard lock(lookup->mutex);
  lookup->answer.emplace(std::move(answer));
  eventfd_write(lookup->bell, 1);
}

asio::awaitable<error_code> readable(asio::posix::stream_descriptor* descriptor) {
  const auto [error] = co_await descriptor->async_wait(asio::posix::stream_descriptor::wait_read,
                                                       asio::as_tuple(asio::use_awaitable));
  co_return error;
}

}  // namespace

asio::awaitable<Resolution> resolve(std::string host, Deadline deadline) {
  const auto start = Clock::now();
  Resolution result;
  if (is_numeric_address(host)) {
    result.addresses.push_back(std::move(host));
    co_return result;
  }
  const auto executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(std::move(host));
  const int bell = dup(lookup->bell);
  if (bell < 0) throw boost::system::system_error(errno, boost::system::system_category(), "eventfd");
  asio::posix::stream_descriptor descriptor(executor, bell);
  std::thread(run, lookup).detach();  // getaddrinfo cannot be cancelled: its thread outlives us if it must
  // Asio may wake a wait for readiness without cause: an event of a descriptor that is gone, whose state it
  // has given to this one. What counts is the answer itself.
  while (true) {
    auto operation = readable(&descriptor);
    const auto ended = co_await until(deadline, std::move(operation));
    result.outcome = outcome_of(Stage::resolve, ended);
    if (!result.outcome.ok()) break;
    const std::lock_guard lock(lookup->mutex);
    if (!lookup->answer) continue;
    result = *std::move(lookup->answer);
    break;
  }
  result.took = std::chrono::duration_cast<Microseconds>(Clock::now() - start);
  co_return result;
}

}  // namespace lkdoctor::net
