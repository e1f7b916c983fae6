// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/proto/port_test.hpp>

/// Who asks a responder in tests, when, and with which keys.
namespace lkdoctor::test {

inline const Endpoint kClient{"192.0.2.77", 50000};
inline const Deadline kStart = Deadline{} + std::chrono::hours(1);

inline proto::PortTestKey pair_key() {
  return proto::key_of_pair("devkey", Secret("a secret that is long enough to be one"));
}
inline proto::PortTestKey code_key() {
  return proto::key_of_code(Secret("4KQ7-2TXM-5CWP-A")).value();
}

}  // namespace lkdoctor::test
