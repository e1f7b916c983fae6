// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/receiver.hpp"

/// Between Courier and its child: lines of JSON over a socket pair. Secrets are in neither: the child has the
/// receivers from its birth.
///   {"receiver": i, "body": "…"}    to the child; one at a time for each receiver
///   {"receiver": i, "status": 503, "retry_after_ms": 5000, "problem": "…"}    from it, in any order;
///   without `retry_after_ms` if there was none
namespace lkdoctor::serve {

inline constexpr std::chrono::seconds kDeliveryTime{10};  ///< for a delivery, name look-up and all

/// The child's main: delivers what comes through `socket` until its end of file. Called in a fresh child of a
/// process with one thread; starts threads of its own (for names).
[[noreturn]] void run_courier(int socket, const std::vector<Receiver>& receivers) noexcept;

}  // namespace lkdoctor::serve
