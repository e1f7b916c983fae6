// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/this_coro.hpp>
#include <lkdoctor/net/bell.hpp>
#include <lkdoctor/net/turnstile.hpp>
#include <set>

namespace lkdoctor::net {

struct Turnstile::Gates {
  std::set<std::string, std::less<>> taken;
  Bell freed;
};

namespace {

namespace asio = boost::asio;

/// The gates belong to the io_context: a process-wide object would be shared by tests and by threads.
class GateService final : public asio::execution_context::service {
 public:
  using key_type = GateService;
  static inline asio::execution_context::id id;
  explicit GateService(asio::execution_context& context) : service(context) {}
  std::shared_ptr<Turnstile::Gates> gates = std::make_shared<Turnstile::Gates>();

 private:
  void shutdown() override {}
};

}  // namespace

Turnstile::Pass& Turnstile::Pass::operator=(Pass&& other) noexcept {
  std::swap(gates_, other.gates_);
  std::swap(name_, other.name_);
  return *this;
}

Turnstile::Pass::~Pass() {
  if (!gates_) return;
  gates_->taken.erase(name_);
  gates_->freed.ring();
}

asio::awaitable<std::optional<Turnstile::Pass>> Turnstile::enter(std::vector<std::string> wanted,
                                                                 Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  asio::execution_context& context = asio::query(executor, asio::execution::context);
  const auto gates = asio::use_service<GateService>(context).gates;
  while (true) {
    const auto free =
        std::ranges::find_if(wanted, [&](const std::string& gate) { return !gates->taken.contains(gate); });
    if (free != wanted.end()) {
      gates->taken.insert(*free);
      co_return std::optional<Pass>(std::in_place, gates, *free);
    }
    const bool rang = co_await gates->freed.wait(deadline);
    if (!rang) co_return std::nullopt;
  }
}

}  // namespace lkdoctor::net
