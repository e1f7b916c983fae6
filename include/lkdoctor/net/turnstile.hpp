// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <boost/asio/awaitable.hpp>
#include <lkdoctor/clock.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor::net {

/// Lets one at a time through, among all coroutines of this io_context: what a peer would take for the same
/// participant must not be there twice.
class Turnstile {
 public:
  struct Gates;
  /// Whoever holds it is inside; its destructor lets the next one in.
  class Pass {
   public:
    Pass(std::shared_ptr<Gates> gates, std::string name) : gates_(std::move(gates)), name_(std::move(name)) {}
    Pass(Pass&&) noexcept = default;
    Pass& operator=(Pass&& other) noexcept;
    ~Pass();

    const std::string& name() const noexcept { return name_; }  ///< of its gate

   private:
    std::shared_ptr<Gates> gates_;
    std::string name_;
  };

  /// By the first of these gates that is or becomes free. nullopt: somebody was inside each until the
  /// deadline. REQUIRES: there is one.
  static boost::asio::awaitable<std::optional<Pass>> enter(std::vector<std::string> gates, Deadline deadline);
};

}  // namespace lkdoctor::net
